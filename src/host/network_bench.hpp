// For tests of the rules against real packets: a host, two machines and an outside, each a network namespace of its own,
// so nothing of this computer's network is touched. The outside owns a public address, a private one and the
// cloud's metadata address, and knows the way back to machines: what does not arrive was stopped by our
// rules.
#pragma once

#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <thread>

#include "host/dns.hpp"
#include "host/files.hpp"
#include "host/network.hpp"
#include "host/nft.hpp"
#include "host/process.hpp"

namespace stipend::host {

namespace fs = std::filesystem;

inline constexpr const char* kOutside = "203.0.113.1";
inline constexpr const char* kHost = "198.51.100.2";
inline constexpr uid_t kServer = 12345;

template <class T>
void expect_ok(const base::Result<T>& r) {
  ASSERT_TRUE(r.has_value()) << r.error().message;
}

inline void sh(const std::string& command) {
  auto done = run_tool({"sh", "-c", command}, 10'000);
  ASSERT_TRUE(done) << command << ": " << done.error().message;
}

inline sockaddr_in at(const std::string& address, int port) {
  sockaddr_in a{};
  a.sin_family = AF_INET;
  a.sin_port = htons(static_cast<std::uint16_t>(port));
  inet_pton(AF_INET, address.c_str(), &a.sin_addr);
  return a;
}

// What the server at the address says (who it sees), or "".
inline std::string call(const std::string& address, int port, const std::string& from = "") {
  Fd s(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!from.empty()) {
    const auto source = at(from, 0);
    bind(s.get(), reinterpret_cast<const sockaddr*>(&source), sizeof source);
  }
  const auto to = at(address, port);
  connect(s.get(), reinterpret_cast<const sockaddr*>(&to), sizeof to);
  pollfd p{s.get(), POLLOUT, 0};
  int error = 0;
  socklen_t size = sizeof error;
  if (poll(&p, 1, 400) != 1 || getsockopt(s.get(), SOL_SOCKET, SO_ERROR, &error, &size) != 0 || error != 0)
    return "";
  p.events = POLLIN;
  char text[64];
  if (poll(&p, 1, 400) != 1) return "";
  const ssize_t n = recv(s.get(), text, sizeof text, 0);
  return n > 0 ? std::string(text, static_cast<std::size_t>(n)) : "";
}

// One question, answered with the address at the reply's end, or "".
inline std::string resolve(const std::string& server, const std::string& name) {
  std::string q{"\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00", 12};
  for (std::size_t i = 0, end; i < name.size(); i = end + 1) {
    end = std::min(name.find('.', i), name.size());
    q += static_cast<char>(end - i) + name.substr(i, end - i);
  }
  q += std::string("\0\0\1\0\1", 5);
  Fd s(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  const auto to = at(server, 53);
  sendto(s.get(), q.data(), q.size(), 0, reinterpret_cast<const sockaddr*>(&to), sizeof to);
  pollfd p{s.get(), POLLIN, 0};
  char reply[512];
  if (poll(&p, 1, 1500) != 1) return "";
  const ssize_t n = recv(s.get(), reply, sizeof reply, 0);
  if (n < 16 || reply[7] == 0) return "";
  char text[INET_ADDRSTRLEN];
  return inet_ntop(AF_INET, reply + n - 4, text, sizeof text);
}

[[noreturn]] inline void serve_tcp(const std::vector<int>& ports) {
  std::vector<pollfd> fds;
  for (const int port : ports) {
    const int s = socket(AF_INET, SOCK_STREAM, 0), one = 1;
    setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    const auto here = at("0.0.0.0", port);
    bind(s, reinterpret_cast<const sockaddr*>(&here), sizeof here);
    listen(s, 128);
    fds.push_back({s, POLLIN, 0});
  }
  for (;;) {
    poll(fds.data(), fds.size(), -1);
    for (const auto& f : fds) {
      if (f.revents == 0) continue;
      sockaddr_in peer{};
      socklen_t size = sizeof peer;
      const int c = accept(f.fd, reinterpret_cast<sockaddr*>(&peer), &size);
      char text[INET_ADDRSTRLEN];
      inet_ntop(AF_INET, &peer.sin_addr, text, sizeof text);
      (void)!write(c, text, strlen(text));
      close(c);
    }
  }
}

[[noreturn]] inline void serve_dns() {
  const int s = socket(AF_INET, SOCK_DGRAM, 0);
  const auto here = at(kOutside, 53);
  bind(s, reinterpret_cast<const sockaddr*>(&here), sizeof here);
  for (;;) {
    char q[512];
    sockaddr_in peer{};
    socklen_t size = sizeof peer;
    const ssize_t n = recvfrom(s, q, sizeof q, 0, reinterpret_cast<sockaddr*>(&peer), &size);
    if (n < 17) continue;
    std::size_t end = 12;  // the question without what follows it
    while (end < static_cast<std::size_t>(n) && q[end] != 0) end += static_cast<std::size_t>(q[end]) + 1;
    std::string reply(q, end + 5);
    const bool rebind = reply.find("rebind") != std::string::npos;
    const bool inside = reply.find("inside") != std::string::npos;
    reply.replace(2, 10, std::string("\x81\x80\0\1\0\1\0\0\0\0", 10));
    reply += std::string("\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4", 12) +
             (rebind   ? std::string("\x0a\0\0\5", 4)
              : inside ? std::string("\x0a\xc8\0\1", 4)
                       : std::string("\xcb\0\x71\7", 4));
    sendto(s, reply.data(), reply.size(), 0, reinterpret_cast<const sockaddr*>(&peer), size);
  }
}

class NetworkRules : public testing::Test {
 protected:
  void SetUp() override {
    if (geteuid() != 0) GTEST_SKIP() << "needs root";
    char folder[] = "/var/tmp/stipend-test-XXXXXX";
    state_ = mkdtemp(folder);
    names_ = *Names::open(state_);
  }
  void TearDown() override {
    if (state_.empty()) return;
    fs::remove_all(names_.runtime);
    fs::remove_all(state_);
  }

  void on_host(const std::function<void()>& body) {
    const pid_t child = fork();
    if (child == 0) {
      prctl(PR_SET_PDEATHSIG, SIGKILL);
      host(body);
      _exit(HasFailure() ? 1 : 0);
    }
    int status = 0;
    waitpid(child, &status, 0);
    EXPECT_EQ(status, 0);
  }
  void host(const std::function<void()>& body) {
    ASSERT_EQ(unshare(CLONE_NEWNET | CLONE_NEWNS), 0);
    mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr);
    std::ofstream(state_ + "/resolv.conf") << "nameserver " << kOutside << "\n";
    ASSERT_EQ(mount((state_ + "/resolv.conf").c_str(), "/etc/resolv.conf", nullptr, MS_BIND, nullptr), 0);
    sh("ip link set lo up");
    outside_ = add_namespace();
    sh("ip link add out0 type veth peer name eth0 netns " + std::to_string(outside_) +
       "; ip addr add 198.51.100.2/24 dev out0; ip link set out0 up; ip route add default via 198.51.100.1");
    EXPECT_EQ(
        inside(outside_,
               [] {
                 sh("ip link set lo up; ip addr add 198.51.100.1/24 dev eth0; ip link set eth0 up; ip route "
                    "add 0.0.0.0/1 via 198.51.100.2; "
                    "for a in 203.0.113.1 10.200.0.1 169.254.169.254; do ip addr add $a/32 dev lo; done");
                 return 0;
               }),
        0);
    start_in(outside_, [] { serve_tcp({25, 53, 80}); });
    start_in(outside_, [] { serve_dns(); });
    start_in(getpid(), [] { serve_tcp({8080}); });
    open({});
    a_ = add_machine(1);
    b_ = add_machine(2);
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    body();
    expect_ok(Network::teardown(names_));
    EXPECT_FALSE(nft_table_exists(names_.nft_table));
    EXPECT_EQ(if_nametoindex(names_.device.c_str()), 0u);
    EXPECT_EQ(if_nametoindex(names_.veth(1).c_str()), 0u);
    EXPECT_FALSE(exists(names_.runtime + "/dnsmasq.pid"));
    for (const pid_t pid : children_) kill(pid, SIGKILL);
  }
  void open(std::vector<MachineNetwork> machines) {
    auto network =
        Network::open(names_, {.private_cidr = "", .public_cidr = "", .server_uid = kServer, .egress = egress_}, machines);
    ASSERT_TRUE(network) << network.error().message;
    network_.emplace(std::move(*network));
  }
  struct Guest {
    pid_t ns = 0;
    MachineNetwork net;
  };
  Guest add_machine(std::uint32_t n) {
    Guest g;
    g.ns = add_namespace();
    const auto own = parse_cidr(network_->ranges().private_cidr)->first + 10 + n,
               open = parse_cidr(network_->ranges().public_cidr)->first + 10 + n;
    g.net = {*base::InstanceId::parse("i-0000000000000000" + std::to_string(n)),
             {n},
             to_address(own),
             to_address(open)};
    expect_ok(network_->add_machine(g.net));
    const std::string veth = names_.veth(n), gateway = network_->ranges().gateway;
    sh("ip link add " + veth + " type veth peer name eth0 netns " + std::to_string(g.ns) + "; ip link set " +
       veth + " up; ip route add " + g.net.private_address + "/32 dev " + veth);
    EXPECT_EQ(inside(g.ns,
                     [&] {
                       sh("ip link set lo up; ip addr add " + g.net.private_address +
                          "/32 dev eth0; ip link set eth0 up; ip route add " + gateway +
                          " dev eth0; ip route add default via " + gateway);
                       return 0;
                     }),
              0);
    start_in(g.ns, [] { serve_tcp({22, 80, 8888}); });
    return g;
  }
  pid_t add_namespace() {
    int ready[2];
    EXPECT_EQ(pipe(ready), 0);
    const pid_t pid = fork();
    if (pid == 0) {
      prctl(PR_SET_PDEATHSIG, SIGKILL);
      if (unshare(CLONE_NEWNET) != 0 || write(ready[1], "", 1) != 1) _exit(1);
      for (;;) pause();
    }
    char byte;
    EXPECT_EQ(read(ready[0], &byte, 1), 1);
    close(ready[0]);
    close(ready[1]);
    children_.push_back(pid);
    return pid;
  }
  static pid_t fork_in(pid_t ns, const std::function<int()>& body) {
    const pid_t pid = fork();
    if (pid == 0) {
      prctl(PR_SET_PDEATHSIG, SIGKILL);
      Fd net(::open(("/proc/" + std::to_string(ns) + "/ns/net").c_str(), O_RDONLY));
      if (setns(net.get(), CLONE_NEWNET) != 0) _exit(99);
      _exit(body());
    }
    return pid;
  }
  static int inside(pid_t ns, const std::function<int()>& body) {
    const pid_t pid = fork_in(ns, body);
    int status = 0;
    waitpid(pid, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }
  void start_in(pid_t ns, const std::function<void()>& body) {
    children_.push_back(fork_in(ns, [&] {
      body();
      return 0;
    }));
  }
  static bool reaches(pid_t ns, const std::string& address, int port, const std::string& seen_as = "") {
    return inside(ns, [&] {
             const std::string peer = call(address, port);
             return peer.empty() ? 1 : seen_as.empty() || peer == seen_as ? 0 : 2;
           }) == 0;
  }
  static bool user_reaches(uid_t uid, const std::string& address, int port) {
    return inside(getpid(), [&] { return setuid(uid) == 0 && !call(address, port).empty() ? 0 : 1; }) == 0;
  }

  std::string state_;
  Names names_;
  hostlink::Egress egress_;
  std::optional<Network> network_;
  std::vector<pid_t> children_;
  pid_t outside_ = 0;
  Guest a_, b_;
};

}  // namespace stipend::host
