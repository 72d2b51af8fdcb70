// The rules against real packets.
#include "host/network_bench.hpp"

namespace stipend::host {
namespace {

TEST_F(NetworkRules, MachineReachesTheOutsideByTranslationAndNothingElse) {
  on_host([&] {
    EXPECT_TRUE(reaches(a_.ns, kOutside, 80, kHost));
    EXPECT_FALSE(reaches(a_.ns, kOutside, 25)) << "mail";
    EXPECT_FALSE(reaches(a_.ns, "10.200.0.1", 80)) << "private range";
    EXPECT_FALSE(reaches(a_.ns, "169.254.169.254", 80)) << "the cloud's metadata";
    EXPECT_FALSE(reaches(a_.ns, b_.net.private_address, 80)) << "another machine";
    EXPECT_FALSE(reaches(a_.ns, b_.net.public_address, 22)) << "another machine's public address";
    EXPECT_FALSE(reaches(a_.ns, kHost, 8080)) << "the host";
    EXPECT_FALSE(reaches(a_.ns, network_->ranges().gateway, 8080)) << "the host by the gateway's address";
    // The probes would notice: the same ones succeed where nothing stands in the way.
    EXPECT_TRUE(reaches(getpid(), "10.200.0.1", 80));
    EXPECT_TRUE(reaches(getpid(), "169.254.169.254", 80));
    EXPECT_TRUE(reaches(getpid(), kOutside, 25));
    EXPECT_TRUE(reaches(outside_, kHost, 8080));
  });
}

TEST_F(NetworkRules, PublicAddressLeadsToItsMachineForTheRightUsers) {
  on_host([&] {
    for (const auto& address : {a_.net.private_address, a_.net.public_address}) {
      EXPECT_TRUE(user_reaches(0, address, 22));
      EXPECT_TRUE(user_reaches(65534, address, 22)) << address;
      EXPECT_TRUE(user_reaches(0, address, 8888));
      EXPECT_TRUE(user_reaches(kServer, address, 8888)) << address;
      EXPECT_FALSE(user_reaches(65534, address, 8888)) << address;
      EXPECT_FALSE(user_reaches(65534, address, 80)) << address;
    }
    EXPECT_TRUE(reaches(outside_, a_.net.public_address, 22));
    EXPECT_FALSE(reaches(outside_, a_.net.public_address, 8888));
    EXPECT_FALSE(reaches(outside_, a_.net.private_address, 22));
  });
}

TEST_F(NetworkRules, ForgedSourceAddressIsDropped) {
  on_host([&] {
    const std::string theirs = b_.net.private_address;
    EXPECT_EQ(inside(a_.ns,
                     [&] {
                       sh("ip addr add " + theirs + "/32 dev eth0; ip addr add 203.0.113.77/32 dev eth0");
                       return 0;
                     }),
              0);
    int counts[2];
    ASSERT_EQ(pipe(counts), 0);
    start_in(outside_, [&] {
      const int s = socket(AF_INET, SOCK_DGRAM, 0);
      const auto here = at(kOutside, 9999);
      bind(s, reinterpret_cast<const sockaddr*>(&here), sizeof here);
      for (char byte;;)
        if (recv(s, &byte, 1, 0) == 1) (void)!write(counts[1], &byte, 1);
    });
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    const auto send_from = [&](const std::string& source, char mark) {
      inside(a_.ns, [&] {
        const int s = socket(AF_INET, SOCK_DGRAM, 0);
        const auto from = at(source, 0), to = at(kOutside, 9999);
        bind(s, reinterpret_cast<const sockaddr*>(&from), sizeof from);
        return sendto(s, &mark, 1, 0, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 1 ? 0 : 1;
      });
    };
    send_from(theirs, 'b');
    send_from("203.0.113.77", 'x');
    send_from(a_.net.private_address, 'a');
    char first = 0;
    ASSERT_EQ(read(counts[0], &first, 1), 1);
    EXPECT_EQ(first, 'a');
    pollfd p{counts[0], POLLIN, 0};
    EXPECT_EQ(poll(&p, 1, 100), 0) << "a forged packet arrived";
  });
}

TEST_F(NetworkRules, NamesResolveAndCannotPointInside) {
  on_host([&] {
    const std::string gateway = network_->ranges().gateway;
    EXPECT_EQ(inside(a_.ns, [&] { return resolve(gateway, "notebook.example") == "203.0.113.7" ? 0 : 1; }),
              0);
    EXPECT_EQ(inside(a_.ns, [&] { return resolve(gateway, "rebind.example").empty() ? 0 : 1; }), 0);
    EXPECT_EQ(inside(a_.ns, [&] { return resolve(kHost, "notebook.example").empty() ? 0 : 1; }), 0);
  });
}

TEST_F(NetworkRules, WhatDiesOrIsFlushedComesBackAndWhatEndsIsGone) {
  on_host([&] {
    open({a_.net, b_.net});  // a restarted daemon
    EXPECT_TRUE(reaches(a_.ns, kOutside, 80, kHost));
    sh("nft delete table inet " + names_.nft_table);
    expect_ok(stop_dns(names_));
    expect_ok(network_->keep_alive());
    EXPECT_TRUE(reaches(getpid(), b_.net.public_address, 22));
    EXPECT_EQ(
        inside(
            b_.ns,
            [&] { return resolve(network_->ranges().gateway, "notebook.example") == "203.0.113.7" ? 0 : 1; }),
        0);
    expect_ok(network_->add_machine(a_.net));
    sh("nft delete table inet " + names_.nft_table);  // and a change finds it missing
    MachineNetwork moved = a_.net;
    moved.public_address = to_address(*parse_address(a_.net.public_address) + 100);
    expect_ok(network_->add_machine(moved));
    EXPECT_TRUE(reaches(getpid(), moved.public_address, 22));
    EXPECT_FALSE(reaches(getpid(), a_.net.public_address, 22));
    MachineNetwork thief = b_.net;
    thief.private_address = a_.net.private_address;
    EXPECT_EQ(network_->add_machine(thief).error().code, "AddressInUse");
    expect_ok(network_->remove_machine(moved));
    expect_ok(network_->remove_machine(moved));
    EXPECT_FALSE(reaches(getpid(), moved.public_address, 22));
    EXPECT_EQ(if_nametoindex(names_.veth(1).c_str()), 0u);
    EXPECT_TRUE(reaches(b_.ns, kOutside, 80));
  });
}

TEST_F(NetworkRules, ConfiguredRangeThatClashesSaysWithWhat) {
  on_host([&] {
    expect_ok(Network::teardown(names_));
    fs::remove(state_ + "/network");
    sh("ip route add 10.97.0.0/16 via 198.51.100.1");
    auto network =
        Network::open(names_, {.private_cidr = "10.97.16.0/20", .public_cidr = "", .server_uid = 0, .egress = {}}, {});
    ASSERT_FALSE(network);
    EXPECT_EQ(network.error().code, "RangeClash");
    EXPECT_NE(network.error().message.find("out0"), std::string::npos) << network.error().message;
  });
}

}  // namespace
}  // namespace stipend::host
