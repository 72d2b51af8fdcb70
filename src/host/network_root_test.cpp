// The rules against real packets.
#include "host/network_bench.hpp"

namespace stipend::host {
namespace {

constexpr int kEcho = 7000;

[[noreturn]] void serve_echo() {
  const int s = socket(AF_INET, SOCK_STREAM, 0);
  const auto here = at("0.0.0.0", kEcho);
  bind(s, reinterpret_cast<const sockaddr*>(&here), sizeof here);
  listen(s, 16);
  for (;;) {
    const int c = accept(s, nullptr, nullptr);
    if (fork() != 0) {
      close(c);
      continue;
    }
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (char byte; recv(c, &byte, 1, 0) == 1;) (void)!write(c, &byte, 1);
    _exit(0);
  }
}

// A connection from that namespace that stays.
Fd dial(pid_t ns, const std::string& address) {
  const std::string its = "/proc/" + std::to_string(ns) + "/ns/net";
  const Fd here(open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC)), there(open(its.c_str(), O_RDONLY | O_CLOEXEC));
  EXPECT_EQ(setns(there.get(), CLONE_NEWNET), 0);
  Fd s(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  EXPECT_EQ(setns(here.get(), CLONE_NEWNET), 0);
  const timeval patience{1, 0};
  setsockopt(s.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  const auto to = at(address, kEcho);
  return connect(s.get(), reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0 ? std::move(s) : Fd();
}

bool echoes(const Fd& s, char byte) {
  if (send(s.get(), &byte, 1, MSG_NOSIGNAL) != 1) return false;
  pollfd p{s.get(), POLLIN, 0};
  char back = 0;
  return poll(&p, 1, 700) == 1 && recv(s.get(), &back, 1, 0) == 1 && back == byte;
}

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

TEST_F(NetworkRules, AnotherPublicAddressLeadsToItsMachineAtOnceAndTheOldOneNoLonger) {
  on_host([&] {
    start_in(a_.ns, [] { serve_echo(); });
    start_in(outside_, [] { serve_echo(); });
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    const std::string old = a_.net.public_address;
    const Fd out = dial(a_.ns, kOutside), in = dial(getpid(), old), inner = dial(getpid(), a_.net.private_address);
    ASSERT_TRUE(out && in && inner);
    for (const Fd* talk : {&out, &in, &inner}) EXPECT_TRUE(echoes(*talk, 'a'));
    MachineNetwork moved = a_.net;
    moved.public_address = to_address(*parse_address(old) + 100);
    for (int said = 0; said < 2; ++said) expect_ok(network_->add_machine(moved));
    const auto expect_moved = [&] {
      EXPECT_TRUE(reaches(getpid(), moved.public_address, 22));
      EXPECT_TRUE(reaches(outside_, moved.public_address, 22));
      EXPECT_TRUE(dial(getpid(), moved.public_address));
      EXPECT_FALSE(dial(getpid(), old)) << "the old address";
      EXPECT_TRUE(echoes(out, 'b')) << "what the machine has open to the outside goes on";
      EXPECT_TRUE(echoes(inner, 'b')) << "and what its server has open to it";
    };
    expect_moved();
    EXPECT_FALSE(echoes(in, 'b')) << "a connection to the old address";
    EXPECT_FALSE(reaches(outside_, old, 22));
    MachineNetwork heir = b_.net;
    heir.public_address = old;
    expect_ok(network_->add_machine(heir));
    expect_moved();
    EXPECT_TRUE(reaches(outside_, old, 22)) << "it is another machine's now";
    open({moved, heir});  // a restarted daemon
    expect_moved();
    EXPECT_TRUE(reaches(outside_, old, 22));
    MachineNetwork foreign = moved;
    foreign.public_address = kOutside;
    EXPECT_EQ(network_->add_machine(foreign).error().code, "InvalidAddress");
    foreign.public_address = old;
    EXPECT_EQ(network_->add_machine(foreign).error().code, "AddressInUse");
    expect_moved();
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
