// What the administrator opens, closes and limits, against real packets.
#include "host/network_bench.hpp"

namespace stipend::host {
namespace {

constexpr const char* kInside = "10.200.0.1";  // the outside has this private address too

class EgressPackets : public NetworkRules {
 protected:
  void configure(hostlink::Egress egress) {
    egress_ = std::move(egress);
    open({a_.net, b_.net});
  }
  // How many of `tries` connections from the machine, one after the other, the outside answers.
  static int answered(pid_t ns, int tries, int port = 80) {
    return inside(ns, [&] {
      int count = 0;
      std::vector<Fd> sockets;
      for (int i = 0; i < tries; ++i) {
        sockets.emplace_back(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
        const auto to = at(kOutside, port);
        connect(sockets.back().get(), reinterpret_cast<const sockaddr*>(&to), sizeof to);
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(300));  // less than the second after which a SYN is repeated
      for (const auto& s : sockets) {
        pollfd p{s.get(), POLLOUT, 0};
        int error = 0;
        socklen_t size = sizeof error;
        if (poll(&p, 1, 0) == 1 && getsockopt(s.get(), SOL_SOCKET, SO_ERROR, &error, &size) == 0 && error == 0) ++count;
      }
      return count;
    });
  }
};

TEST_F(EgressPackets, PrivateAddressesOpenAsFarAsConfigured) {
  on_host([&] {
    configure({.allow = {"10.200.0.1:80"}});
    EXPECT_TRUE(reaches(a_.ns, kInside, 80, kHost));
    EXPECT_FALSE(reaches(a_.ns, kInside, 53)) << "another port";
    EXPECT_FALSE(reaches(a_.ns, kInside, 25));
    EXPECT_TRUE(reaches(a_.ns, kOutside, 80));
    configure({.direct = false, .allow = {"10.200.0.0/24"}});
    EXPECT_TRUE(reaches(a_.ns, kInside, 80));
    EXPECT_TRUE(reaches(a_.ns, kInside, 53));
    EXPECT_FALSE(reaches(a_.ns, kInside, 25)) << "mail opens only by its port's number";
    EXPECT_FALSE(reaches(a_.ns, kOutside, 80)) << "direct is off";
    configure({.allow = {"10.200.0.1:20-30"}});
    EXPECT_TRUE(reaches(a_.ns, kInside, 25));
    EXPECT_FALSE(reaches(a_.ns, kInside, 80));
    EXPECT_FALSE(reaches(a_.ns, kOutside, 25));
  });
}

TEST_F(EgressPackets, NothingOpensOtherMachinesOrTheHost) {
  on_host([&] {
    configure({.allow = {"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "198.51.100.0/24"}});
    EXPECT_FALSE(reaches(a_.ns, b_.net.private_address, 80));
    EXPECT_FALSE(reaches(a_.ns, b_.net.private_address, 22));
    EXPECT_FALSE(reaches(a_.ns, b_.net.public_address, 22));
    EXPECT_FALSE(reaches(a_.ns, kHost, 8080));
    EXPECT_FALSE(reaches(a_.ns, network_->ranges().gateway, 8080));
    EXPECT_FALSE(reaches(a_.ns, "169.254.169.254", 80));
    EXPECT_TRUE(reaches(a_.ns, kInside, 80)) << "the opening itself works";
    egress_ = {.allow = {b_.net.private_address + ":80"}};
    const auto refused =
        Network::open(names_, {.private_cidr = "", .public_cidr = "", .server_uid = kServer, .egress = egress_}, {});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, "RangeClash");
  });
}

TEST_F(EgressPackets, AProxyInAPrivateRangeIsReachedAndNothingBesideIt) {
  on_host([&] {
    configure({.proxy = "http://proxy.example:80", .direct = false});
    EXPECT_FALSE(reaches(a_.ns, kInside, 80)) << "its name stands for nothing yet";
    expect_ok(network_->set_proxy_addresses({*parse_address(kInside)}));
    EXPECT_TRUE(reaches(a_.ns, kInside, 80));
    EXPECT_FALSE(reaches(a_.ns, kInside, 53));
    EXPECT_FALSE(reaches(a_.ns, kOutside, 80));
    const std::string gateway = network_->ranges().gateway;
    EXPECT_EQ(inside(a_.ns, [&] { return resolve(gateway, "proxy.example") == kInside ? 0 : 1; }), 0);
    expect_ok(network_->set_proxy_addresses({*parse_address(kOutside)}));
    EXPECT_FALSE(reaches(a_.ns, kInside, 80)) << "the proxy has moved";
    EXPECT_TRUE(reaches(a_.ns, kOutside, 80));
    EXPECT_FALSE(reaches(a_.ns, kOutside, 53));
  });
}

TEST_F(EgressPackets, NamesOfWhatIsOpenResolveAndOthersStillCannotPointInside) {
  on_host([&] {
    const auto answer = [&](const std::string& name) {
      return inside(a_.ns, [&] { return resolve(network_->ranges().gateway, name) == kInside ? 0 : 1; }) == 0;
    };
    EXPECT_FALSE(answer("inside.example"));
    configure({.allow = {"10.200.0.0/24:443"}});
    EXPECT_TRUE(answer("inside.example"));
    EXPECT_EQ(inside(a_.ns, [&] { return resolve(network_->ranges().gateway, "rebind.example").empty() ? 0 : 1; }), 0);
  });
}

TEST_F(EgressPackets, TooManyNewConnectionsAreDroppedAndLaterOnesComeThroughAgain) {
  on_host([&] {
    configure({.connections_per_second = 4});  // 20 at once
    const int first = answered(a_.ns, 60);
    EXPECT_GE(first, 20);
    EXPECT_LE(first, 20 + 4 * 3);
    EXPECT_EQ(answered(b_.ns, 10), 10) << "each machine has its own";
    std::this_thread::sleep_for(std::chrono::milliseconds(700));
    EXPECT_TRUE(reaches(a_.ns, kOutside, 80));
  });
}

TEST_F(EgressPackets, ConnectionsAtATimeAreLimitedAndFreedWhenTheyEnd) {
  on_host([&] {
    configure({.connections = 16, .connections_per_second = 1000});
    EXPECT_EQ(answered(a_.ns, 40, 53), 16);  // the outside says goodbye at once, but the machine holds its side open
    EXPECT_EQ(answered(b_.ns, 10, 53), 10);
    EXPECT_TRUE(reaches(a_.ns, kOutside, 80)) << "all of the first ended with their process";
  });
}

// Everything that arrives within two seconds at a rate, against what an unlimited machine gets.
TEST_F(EgressPackets, BytesOfAMachineAreLimitedInBothDirections) {
  on_host([&] {
    start_in(outside_, [] {
      const int s = socket(AF_INET, SOCK_STREAM, 0), one = 1;
      setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
      const auto here = at("0.0.0.0", 9000);
      bind(s, reinterpret_cast<const sockaddr*>(&here), sizeof here);
      listen(s, 16);
      for (;;) {
        const int c = accept(s, nullptr, nullptr);
        if (fork() != 0) {
          close(c);
          continue;
        }
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        std::vector<char> block(1 << 16);
        char what = 0;
        if (recv(c, &what, 1, 0) != 1) _exit(0);
        while (what == 'r' ? send(c, block.data(), block.size(), MSG_NOSIGNAL) > 0 : recv(c, block.data(), block.size(), 0) > 0) {
        }
        _exit(0);
      }
    });
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    // MiB within a second and a half; a byte count that a process's end can hold.
    const auto mib = [&](char what) {
      return inside(a_.ns, [&] {
        Fd s(socket(AF_INET, SOCK_STREAM, 0));
        const auto to = at(kOutside, 9000);
        if (connect(s.get(), reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0) return 0;
        const int small = 64 * 1024;  // what lies in the socket's own buffer has not been sent
        setsockopt(s.get(), SOL_SOCKET, SO_SNDBUF, &small, sizeof small);
        std::vector<char> block(1 << 16);
        std::size_t bytes = 0;
        const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(1500);
        (void)!send(s.get(), &what, 1, 0);
        while (std::chrono::steady_clock::now() < end) {
          pollfd p{s.get(), static_cast<short>(what == 'r' ? POLLIN : POLLOUT), 0};
          if (poll(&p, 1, 50) != 1) continue;
          const auto n = what == 'r' ? recv(s.get(), block.data(), block.size(), MSG_DONTWAIT)
                                     : send(s.get(), block.data(), block.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
          if (n > 0) bytes += static_cast<std::size_t>(n);
        }
        return static_cast<int>(std::min<std::size_t>(bytes >> 20, 200));
      });
    };
    for (const char what : {'r', 'w'}) {
      configure({.rate_mbit = 0});
      const int free = mib(what);
      configure({.rate_mbit = 16});  // 2 MB a second after the first MiB
      const int limited = mib(what);
      EXPECT_GE(limited, 1) << what;
      EXPECT_LE(limited, 6) << what;
      EXPECT_GT(free, 20) << what << ": the limit was not what held it";
    }
  });
}

TEST_F(EgressPackets, AFloodOfQuestionsLeavesTheNameServerToTheOthers) {
  on_host([&] {
    const std::string gateway = network_->ranges().gateway;
    const int answers = inside(a_.ns, [&] {
      std::string q{"\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00", 12};
      q += std::string("\5flood\7example\0\0\1\0\1", 19);
      Fd s(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
      const int large = 1 << 22;
      setsockopt(s.get(), SOL_SOCKET, SO_RCVBUFFORCE, &large, sizeof large);
      const auto to = at(gateway, 53);
      for (int i = 0; i < 6000; ++i) sendto(s.get(), q.data(), q.size(), 0, reinterpret_cast<const sockaddr*>(&to), sizeof to);
      int count = 0;
      char reply[512];
      for (pollfd p{s.get(), POLLIN, 0}; poll(&p, 1, 300) == 1 && recv(s.get(), reply, sizeof reply, 0) > 0;) ++count;
      return count / 100;
    });
    EXPECT_GE(answers, 1);
    EXPECT_LE(answers, (kQueriesBurst + 5 * kQueriesPerSecond) / 100) << "of 6000";
    EXPECT_EQ(inside(b_.ns, [&] { return resolve(gateway, "notebook.example") == "203.0.113.7" ? 0 : 1; }), 0);
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
    EXPECT_EQ(inside(a_.ns, [&] { return resolve(gateway, "notebook.example") == "203.0.113.7" ? 0 : 1; }), 0);
  });
}

}  // namespace
}  // namespace stipend::host
