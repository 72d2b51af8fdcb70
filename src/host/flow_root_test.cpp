// The log of connections against a real kernel: two machines, one host, one outside that sees ports.
#include "host/flow_logger.hpp"
#include "host/flow_query.hpp"
#include "host/network_bench.hpp"
#include "host/packet.hpp"
#include "host/record_files.hpp"

namespace stipend::host {
namespace {

class FlowsOfMachines : public NetworkRules {
 protected:
  void start_log(FlowLimits limits = {}) {
    fs::create_directories(state_ + "/host");
    auto ends = packet_pair();
    ASSERT_TRUE(ends);
    orders_ = std::move(ends->first);
    const int fd = ends->second.get();
    log_ = fork();
    if (log_ == 0) {
      prctl(PR_SET_PDEATHSIG, SIGKILL);
      const int kept = fcntl(fd, F_DUPFD, 10);
      orders_.reset();
      _exit(keep_flows(names_, *parse_cidr(network_->ranges().private_cidr), limits, Fd(kept)));
    }
    for (const auto& guest : {std::cref(a_), std::cref(b_)})
      send_packet(orders_, encode(HoldOrder{*parse_address(guest.get().net.private_address), {guest.get().net.instance, 3}}));
    ends->second.reset();
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
  }
  int end_log() {
    orders_.reset();
    int status = 0;
    waitpid(log_, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  }
  // A server of the outside that says which port it sees.
  void serve_ports() {
    start_in(outside_, [] {
      const int s = socket(AF_INET, SOCK_STREAM, 0), one = 1;
      setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
      const auto here = at("0.0.0.0", 7000);
      bind(s, reinterpret_cast<const sockaddr*>(&here), sizeof here);
      listen(s, 64);
      for (;;) {
        sockaddr_in peer{};
        socklen_t size = sizeof peer;
        const int c = accept(s, reinterpret_cast<sockaddr*>(&peer), &size);
        const std::string text = std::to_string(ntohs(peer.sin_port));
        (void)!write(c, text.data(), text.size());
        close(c);
      }
    });
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  // From a given port inside, so that two machines ask for the same one outside.
  std::uint16_t seen_port(pid_t ns, std::uint16_t from) {
    int ends[2];
    EXPECT_EQ(pipe(ends), 0);
    inside(ns, [&] {
      Fd s(socket(AF_INET, SOCK_STREAM, 0));
      const int one = 1;
      setsockopt(s.get(), SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
      const auto here = at("0.0.0.0", from), to = at(kOutside, 7000);
      bind(s.get(), reinterpret_cast<const sockaddr*>(&here), sizeof here);
      if (connect(s.get(), reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0) return 1;
      char text[16];
      const auto n = recv(s.get(), text, sizeof text, 0);
      return n > 0 && write(ends[1], text, static_cast<std::size_t>(n)) == n ? 0 : 1;
    });
    close(ends[1]);
    char text[16] = {};
    (void)!read(ends[0], text, sizeof text - 1);
    close(ends[0]);
    return static_cast<std::uint16_t>(std::atoi(text));
  }
  static std::int64_t now_ms() {
    timespec t{};
    clock_gettime(CLOCK_REALTIME, &t);
    return static_cast<std::int64_t>(t.tv_sec) * 1000 + t.tv_nsec / 1'000'000;
  }
  std::vector<FlowAnswer> find(std::uint16_t port, std::int64_t at_ms) {
    const auto found = find_flows(flow_folder(names_), {.outside = parse_address(kHost), .to = parse_address(kOutside), .outside_port = port,
                                                        .to_port = 7000, .at_ms = at_ms, .within_ms = 2'000});
    EXPECT_TRUE(found);
    return found ? found->flows : std::vector<FlowAnswer>{};
  }
  static void expect_one(const std::vector<FlowAnswer>& found, const Guest& guest, std::uint16_t inside_port) {
    ASSERT_EQ(found.size(), 1u);
    ASSERT_TRUE(found[0].holder);
    EXPECT_EQ(found[0].holder->run, (hostlink::RunKey{guest.net.instance, 3}));
    EXPECT_EQ(to_address(found[0].flow.tuple.source), guest.net.private_address);
    EXPECT_EQ(found[0].flow.tuple.source_port, inside_port);
  }

  Fd orders_;
  pid_t log_ = -1;
};

TEST_F(FlowsOfMachines, ThePortThatTheOutsideSawLeadsToTheMachine) {
  on_host([&] {
    serve_ports();  // before: it would keep the log's orders open
    start_log();
    const auto of_a = seen_port(a_.ns, 40'000), of_b = seen_port(b_.ns, 40'000);
    ASSERT_NE(of_a, 0);
    ASSERT_NE(of_b, 0);
    ASSERT_NE(of_a, of_b) << "the host gave one of them another";
    const auto then = now_ms();
    EXPECT_EQ(end_log(), 0);
    expect_one(find(of_a, then), a_, 40'000);
    expect_one(find(of_b, then), b_, 40'000);
    // Open when the next one starts: it is in its first list, and in what came before.
    start_log();
    const auto of_c = seen_port(a_.ns, 40'001);
    EXPECT_EQ(end_log(), 0);
    expect_one(find(of_c, now_ms()), a_, 40'001);
    expect_one(find(of_a, then), a_, 40'000);
  });
}

TEST_F(FlowsOfMachines, WhatBeganWhileItWasDeadIsFoundInTheKernelsTable) {
  on_host([&] {
    serve_ports();  // before: it would keep the log's orders open
    start_log();
    kill(log_, SIGKILL);
    EXPECT_EQ(end_log(), -SIGKILL);
    const auto port = seen_port(b_.ns, 40'002);
    const auto then = now_ms();
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    start_log();
    EXPECT_EQ(end_log(), 0);
    expect_one(find(port, then), b_, 40'002);
  });
}

TEST_F(FlowsOfMachines, OnlyWhatLeavesTranslatedIsRecorded) {
  on_host([&] {
    start_log();
    EXPECT_TRUE(reaches(getpid(), kOutside, 80)) << "the host's own";
    EXPECT_TRUE(reaches(getpid(), a_.net.public_address, 22));
    EXPECT_TRUE(reaches(outside_, a_.net.public_address, 22));
    EXPECT_FALSE(reaches(a_.ns, kOutside, 25)) << "refused";
    EXPECT_EQ(inside(a_.ns, [&] { return resolve(network_->ranges().gateway, "notebook.example").empty() ? 1 : 0; }), 0);
    EXPECT_EQ(end_log(), 0);
    const auto found =
        find_flows(flow_folder(names_), {.outside = parse_address(kHost), .to = {}, .outside_port = {}, .to_port = {}, .at_ms = now_ms()});
    ASSERT_TRUE(found);
    EXPECT_TRUE(found->flows.empty());
    EXPECT_NE(found->from_ms, 0);
  });
}

TEST_F(FlowsOfMachines, ItHoldsOneCapabilityAndSeesNoFolderButItsOwn) {
  on_host([&] {
    start_log();
    const auto status = read_file("/proc/" + std::to_string(log_) + "/status");
    ASSERT_TRUE(status);
    for (const char* set : {"CapPrm:", "CapEff:", "CapBnd:"})
      EXPECT_NE(status->find(std::string(set) + "\t0000000000001000\n"), std::string::npos) << *status;
    EXPECT_NE(status->find("NoNewPrivs:\t1"), std::string::npos);
    char root[256] = {};
    EXPECT_GT(readlink(("/proc/" + std::to_string(log_) + "/root").c_str(), root, sizeof root - 1), 0);
    EXPECT_EQ(std::string(root), flow_folder(names_));
    EXPECT_EQ(end_log(), 0);
    EXPECT_EQ(fs::status(flow_folder(names_)).permissions(), fs::perms::owner_all);
  });
}

}  // namespace
}  // namespace stipend::host
