// Real addresses that are routed to the host, as `[network] public` may name some, against real packets.
#include "host/network_bench.hpp"

namespace stipend::host {
namespace {

constexpr const char* kOutsideNear = "198.51.100.1";  // the outside's address on the wire

TEST_F(NetworkRules, ARoutedRangeLeadsToSshOfItsMachinesAndToNothingElse) {
  on_host([&] {
    expect_ok(Network::teardown(names_));
    fs::remove(state_ + "/network");
    auto network = Network::open(names_, {.private_cidr = "", .public_cidr = "203.0.113.128/28", .server_uid = kServer, .egress = egress_}, {});
    ASSERT_TRUE(network) << network.error().message;
    network_.emplace(std::move(*network));
    EXPECT_EQ(inside(outside_, [] {
                sh("ip route add 203.0.113.128/28 via 198.51.100.2");  // what the network people do
                return 0;
              }),
              0);
    a_ = add_machine(1);
    b_ = add_machine(2);
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    EXPECT_EQ(a_.net.public_address, "203.0.113.139");
    for (const auto& guest : {a_, b_}) {
      EXPECT_TRUE(reaches(outside_, guest.net.public_address, 22, kOutsideNear)) << "ssh, and the machine sees from where";
      for (const int port : {80, 8888, 25}) EXPECT_FALSE(reaches(outside_, guest.net.public_address, port)) << port;
      EXPECT_FALSE(reaches(outside_, guest.net.private_address, 22));
    }
    EXPECT_FALSE(reaches(outside_, "203.0.113.129", 22)) << "an address without a machine";
    EXPECT_FALSE(reaches(outside_, network_->ranges().gateway, 53)) << "the host's name server";
    EXPECT_FALSE(reaches(a_.ns, b_.net.public_address, 22)) << "another machine's, also by way of the outside";
    EXPECT_TRUE(reaches(a_.ns, kOutside, 80, kHost));
    EXPECT_TRUE(reaches(getpid(), a_.net.public_address, 22));
    // A machine that ended gives its address back: nobody answers there any more.
    expect_ok(network_->remove_machine(a_.net));
    EXPECT_FALSE(reaches(outside_, a_.net.public_address, 22));
  });
}

}  // namespace
}  // namespace stipend::host
