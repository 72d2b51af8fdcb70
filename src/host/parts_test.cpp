// The pure halves of the parts: names, addresses, ranges, rules, limits, configuration.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "host/address.hpp"
#include "host/cgroup.hpp"
#include "host/egress_environment.hpp"
#include "host/egress_proxy.hpp"
#include "host/lxc_config.hpp"
#include "host/names.hpp"
#include "host/network_ranges.hpp"
#include "host/nft_rules.hpp"
#include "host/preflight_egress.hpp"
#include "host/preflight_repair.hpp"

namespace stipend::host {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::Pair;

const auto kInstance = *base::InstanceId::parse("i-00000000000000001");

TEST(Names, TwoStatesShareNoNameAndDeviceNamesFitTheKernel) {
  const Names a = Names::of("/var/lib/stipend/"), b = Names::of("/var/lib/stipend2");
  EXPECT_EQ(a.hash, Names::of("/var/lib/stipend").hash);
  EXPECT_NE(a.hash, b.hash);
  EXPECT_EQ(a.hash.size(), 8u);
  EXPECT_LE(a.veth(4095).size(), 15u);
  EXPECT_LE(a.device.size(), 15u);
  EXPECT_FALSE(a.device.starts_with(a.veth_wildcard().substr(0, 10)))
      << "the gateway's device is no machine's";
  EXPECT_EQ(a.images, "/var/lib/stipend/images");
}

TEST(Address, OnlyPlainDottedQuadsAndRangesAreRead) {
  EXPECT_EQ(parse_address("10.64.0.1"), 0x0a400001u);
  EXPECT_EQ(to_address(0x0a400001), "10.64.0.1");
  for (const char* bad : {"", "10.64.0", "10.64.0.1.2", "10.64.0.256", "010.1.1.1", "1.2.3.4 ", " 1.2.3.4",
                          "1.2.3.4\n", "+1.2.3.4", "::1"})
    EXPECT_FALSE(parse_address(bad)) << bad;
  EXPECT_EQ(parse_cidr("10.97.16.0/20")->last(), *parse_address("10.97.31.255"));
  for (const char* bad : {"10.97.16.0", "10.97.16.1/20", "10.97.16.0/33", "10.97.16.0/-1", "10.97.16.0/20x"})
    EXPECT_FALSE(parse_cidr(bad)) << bad;
  EXPECT_TRUE(parse_cidr("10.0.0.0/8")->overlaps(*parse_cidr("10.97.16.0/20")));
  EXPECT_FALSE(parse_cidr("10.97.0.0/20")->overlaps(*parse_cidr("10.97.16.0/20")));
}

constexpr const char* kRoutes =
    "default via 192.0.2.1 dev eth0 \n"
    "10.8.0.0/24 dev tun0 proto kernel scope link src 10.8.0.2 \n"
    "100.64.0.0/20 dev stgwabcdef12 scope link src 10.64.0.1 linkdown \n"
    "10.64.0.11 dev if592 scope link \n"  // went away while it was listed
    "blackhole 172.20.0.0/16 \n"
    "local 127.0.0.1 dev lo table local proto kernel scope host src 127.0.0.1 \n";

TEST(Ranges, RoutesOfOthersAreTakenOwnOnesAndTheDefaultAreNot) {
  std::vector<std::string> taken;
  for (const auto& t : parse_routes(kRoutes, "abcdef12")) taken.push_back(t.range.str() + " " + t.by);
  EXPECT_THAT(taken, ElementsAre("10.8.0.0/24 a route of this host by tun0",
                                 "172.20.0.0/16 a route of this host by no device",
                                 "127.0.0.1/32 a route of this host by lo"));
  EXPECT_EQ(parse_name_servers("# x\nnameserver 10.64.0.53\nnameserver ::1\n").size(), 1u);
}

TEST(Ranges, ChosenByHashAndMovedOnWhereTaken) {
  const auto first = *choose_ranges("00000005", "", "", {});
  EXPECT_EQ(first.machines.str(), "10.64.80.0/20");
  EXPECT_EQ(first.publics.str(), "100.64.80.0/20");
  const auto next = *choose_ranges("00000005", "", "", {{*parse_cidr("10.64.81.0/24"), "x"}});
  EXPECT_EQ(next.machines.str(), "10.64.96.0/20");
  EXPECT_EQ(next.publics.str(), "100.64.80.0/20");
  const auto wide = *choose_ranges("00000005", "", "", {{*parse_cidr("10.0.0.0/8"), "x"}});
  EXPECT_TRUE(parse_cidr("172.16.0.0/12")->contains(wide.machines.first));
}

TEST(Ranges, ConfiguredOnesAreCheckedAndTheErrorNamesTheKey) {
  EXPECT_EQ(choose_ranges("0", "10.97.16.0/20", "", {})->machines.str(), "10.97.16.0/20");
  for (const char* bad : {"10.97.16.0", "8.8.0.0/20", "10.0.0.0/8", "10.97.16.0/29", "10.97.16.0/20; drop"})
    EXPECT_EQ(choose_ranges("0", bad, "", {}).error().code, "InvalidRange") << bad;
  const auto clash = choose_ranges("0", "10.97.16.0/20", "",
                                   {{*parse_cidr("10.97.0.0/16"), "a route of this host by tun0"}});
  EXPECT_THAT(clash.error().message, testing::AllOf(HasSubstr("tun0"), HasSubstr("[network] private")));
  EXPECT_EQ(choose_ranges("0", "10.97.16.0/20", "10.97.16.0/20", {}).error().code, "InvalidRange");
}

TEST(Ranges, PublicAddressesMayBeRealOnes) {
  for (const char* good : {"203.0.113.128/28", "8.8.0.0/20", "100.64.16.0/20", "192.168.16.0/24"})
    EXPECT_EQ(choose_ranges("0", "10.97.16.0/20", good, {})->publics.str(), good);
  for (const char* bad : {"127.0.0.0/16", "169.254.16.0/20", "224.0.1.0/24", "255.255.255.0/24", "0.0.16.0/20", "203.0.113.128/29"})
    EXPECT_EQ(choose_ranges("0", "", bad, {}).error().code, "InvalidRange") << bad;
  EXPECT_EQ(choose_ranges("0", "", "203.0.113.128/28", {{*parse_cidr("203.0.113.0/24"), "a route of this host by eth0"}}).error().code, "RangeClash");
}

TEST(NftRules, TableHoldsEachMachineByDeviceAndAddress) {
  const Names names = Names::of("/s");
  const std::string text =
      nft_table(names, {egress_rules({}, *parse_cidr("10.64.0.0/20"), *parse_cidr("100.64.0.0/20")), *parse_address("10.64.0.1"), 995},
                {{"a", {names.veth(7), *parse_address("10.64.0.9"), *parse_address("100.64.0.9")}}});
  EXPECT_THAT(text, HasSubstr("delete table inet " + names.nft_table + "\n"));
  EXPECT_THAT(text, HasSubstr("\"" + names.veth(7) + "\" . 10.64.0.9"));
  EXPECT_THAT(text, HasSubstr("100.64.0.9 : 10.64.0.9"));
  EXPECT_THAT(text, HasSubstr("meta skuid { 0, 995 } accept"));
  EXPECT_THAT(text, Not(HasSubstr("route_localnet")));
}

TEST(Connections, MachinesThatCouldFillTheTableAreToldWithTheNumberToSet) {
  EXPECT_EQ(judge_connections(262'144, 16 * 1024, 4'096).verdict, Verdict::kOk);
  const auto large = judge_connections(262'144, 256 * 1024, 4'096);
  EXPECT_EQ(large.verdict, Verdict::kWarn);
  EXPECT_THAT(large.sentence, HasSubstr("512 smallest machines"));
  EXPECT_THAT(large.cure, HasSubstr("nf_conntrack_max=2162688"));
  EXPECT_THAT(large.cure, HasSubstr("connections = 384"));
}

TEST(ProxyWords, ProgramsAreToldInBothSpellingsAndNothingWithoutAProxy) {
  const auto words = proxy_words({.proxy = "http://p.example.edu:3128", .no_proxy = {".example.edu"}}, "10.64.0.1");
  EXPECT_THAT(login_environment(words), HasSubstr("http_proxy=http://p.example.edu:3128\n"));
  EXPECT_THAT(login_environment(words), HasSubstr("NO_PROXY=localhost,127.0.0.1,::1,169.254.169.254,10.64.0.1,.example.edu\n"));
  EXPECT_THAT(manager_environment(words), HasSubstr("[Manager]\nDefaultEnvironment=\"http_proxy=http://p.example.edu:3128\" "));
  EXPECT_EQ(login_environment({}) + manager_environment({}), "");
}

TEST(Ranges, HolesAreCutOutExactly) {
  const auto left = without({*parse_cidr("10.0.0.0/8")}, {*parse_cidr("10.1.2.0/24"), *parse_cidr("10.1.2.3/32"), *parse_cidr("9.0.0.0/8")});
  const auto covers = [&](const char* address) {
    return std::ranges::any_of(left, [&](const Cidr& c) { return c.contains(*parse_address(address)); });
  };
  EXPECT_FALSE(covers("10.1.2.0"));
  EXPECT_FALSE(covers("10.1.2.255"));
  EXPECT_TRUE(covers("10.1.1.255"));
  EXPECT_TRUE(covers("10.1.3.0"));
  EXPECT_TRUE(covers("10.255.255.255"));
  EXPECT_EQ(left.size(), 16u);
  EXPECT_TRUE(without({*parse_cidr("10.1.0.0/16")}, {*parse_cidr("10.0.0.0/8")}).empty());
}

TEST(Proxy, WhatMachinesNeverReachIsNoWayToIt) {
  const std::vector<Cidr> never{*parse_cidr("10.64.0.0/20"), *parse_cidr("192.0.2.7/32")};
  EXPECT_THAT(reachable({*parse_address("10.64.0.9"), *parse_address("192.0.2.7"), *parse_address("192.0.2.8")}, never),
              ElementsAre(*parse_address("192.0.2.8")));
}

TEST(Cpus, SetsAreTheLeastLoadedAndNeverMoreThanTheHostHas) {
  const std::vector<int> host{0, 1, 2, 3};
  const std::vector<CpuUse> used{{{0, 1}, 400}, {{1, 2}, 400}};
  EXPECT_THAT(choose_cpus(1, host, used), ElementsAre(3));
  EXPECT_THAT(choose_cpus(2, host, used), ElementsAre(0, 3));
  EXPECT_THAT(choose_cpus(9, host, used), ElementsAre(0, 1, 2, 3));
  EXPECT_EQ(choose_cpus(0, host, {}).size(), 1u);
  const std::vector<CpuUse> unequal{{{0}, 900}, {{1}, 100}, {{1}, 100}};
  EXPECT_THAT(choose_cpus(1, std::vector{0, 1}, unequal), ElementsAre(1)) << "what is promised counts, not how many";
  EXPECT_EQ(cpu_list(std::vector{0, 1, 2, 5, 7, 8}), "0-2,5,7-8");
  EXPECT_EQ(cpu_list(std::vector<int>{}), "");
  EXPECT_THAT(cpus_of_list("0-2,5,7-8"), ElementsAre(0, 1, 2, 5, 7, 8));
  EXPECT_TRUE(cpus_of_list("").empty());
}

TEST(CgroupItems, SameLimitsInTheWordsOfBothVersions) {
  const Names names = Names::of("/s");
  const MachineLimits limits{.cpu_milli = 1500, .cpus = {0, 1}, .memory_bytes = 4ll << 30, .pids = 4096};
  const auto one = cgroup_items(names, kInstance, limits, CgroupVersion::kV1),
             two = cgroup_items(names, kInstance, limits, CgroupVersion::kV2);
  EXPECT_THAT(one, Contains(Pair("lxc.cgroup.cpu.cfs_quota_us", "150000")));
  EXPECT_THAT(one, Contains(Pair("lxc.cgroup.memory.limit_in_bytes", "4294967296")));
  EXPECT_THAT(one, Contains(Pair("lxc.cgroup.cpuset.cpus", "0-1")));
  EXPECT_THAT(two, Contains(Pair("lxc.cgroup2.cpu.max", "150000 100000")));
  EXPECT_THAT(two, Contains(Pair("lxc.cgroup2.memory.max", "4294967296")));
  EXPECT_THAT(two, Contains(Pair("lxc.cgroup2.memory.swap.max", "0")));
  EXPECT_THAT(two, Contains(Pair("lxc.cgroup2.pids.max", "4096")));
  for (const auto& [key, value] : two) EXPECT_FALSE(key.starts_with("lxc.cgroup.cpu")) << key;
}

MachineConfig config() {
  return {.instance = kInstance,
          .ids = {5},
          .limits = {.cpu_milli = 1000, .cpus = {}, .memory_bytes = 1 << 30, .pids = 4096},
          .hostname = "h",
          .private_address = "10.64.0.9",
          .gateway = "10.64.0.1",
          .console_log = "/var/log/c",
          .seccomp_profile = "/run/p"};
}

TEST(LxcConfig, EachMachineHasItsOwnIdsDeviceAndGateway) {
  const Names names = Names::of("/s");
  const auto items =
      *lxc_items(names, config(), {.cgroup = CgroupVersion::kV2, .apparmor = true, .lxcfs = false});
  EXPECT_THAT(items, Contains(Pair("lxc.idmap", "u 0 1327680 65536")));
  EXPECT_THAT(items, Contains(Pair("lxc.net.0.veth.pair", names.veth(5))));
  EXPECT_THAT(items, Contains(Pair("lxc.net.0.ipv4.address", "10.64.0.9/32")));
  EXPECT_THAT(items, Contains(Pair("lxc.apparmor.profile", "generated")));
  EXPECT_THAT(items, Contains(Pair("lxc.cap.drop", HasSubstr("net_admin"))));
  const auto plain =
      *lxc_items(names, config(), {.cgroup = CgroupVersion::kV1, .apparmor = false, .lxcfs = false});
  EXPECT_THAT(plain, Not(Contains(Pair("lxc.apparmor.profile", testing::_))));
}

TEST(LxcConfig, NothingThatCouldAddAnItemIsAccepted) {
  const Names names = Names::of("/s");
  MachineConfig bad = config();
  bad.hostname = "h\nlxc.idmap = u 0 0 1";
  EXPECT_FALSE(lxc_items(names, bad, {}));
  bad = config();
  bad.private_address = "10.64.0.9/8";
  EXPECT_FALSE(lxc_items(names, bad, {}));
  bad = config();
  bad.console_log = "/x\nlxc.hook.start-host = /bin/sh";
  EXPECT_EQ(lxc_items(names, bad, {}).error().code, "InvalidConfig");
}

TEST(SubordinateIds, OnlyALineThatCoversEveryMachineCounts) {
  EXPECT_TRUE(gives_root_ids("daemon:1:2\nroot:1000000:1000000000\n"));
  EXPECT_TRUE(gives_root_ids("0:0:4000000000\n"));
  for (const char* bad : {"", "root:100000:65536\n", "ada:1000000:1000000000\n", "root:1000001:1000000000\n",
                          "root::\nroot\n#root:1000000:1000000000"})
    EXPECT_FALSE(gives_root_ids(bad)) << bad;
}

TEST(Firewall, ChainsOfOthersThatDropAreNamed) {
  const char* chains =
      "table ip filter {\n\tchain FORWARD {\n\t\ttype filter hook forward priority filter; policy "
      "drop;\n\t}\n"
      "\tchain OUTPUT {\n\t\ttype filter hook output priority filter; policy drop;\n\t}\n}\n"
      "table inet stipend_ab {\n\tchain passing {\n\t\ttype filter hook forward priority 0; policy "
      "drop;\n\t}\n}\n"
      "table inet ok {\n\tchain in {\n\t\ttype filter hook input priority 0; policy accept;\n\t}\n}\n";
  EXPECT_THAT(dropping_chains(chains, "stipend_"), ElementsAre("ip filter FORWARD"));
}

}  // namespace
}  // namespace stipend::host
