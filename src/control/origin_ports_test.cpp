#include "control/commands/origin_ports.hpp"

#include <gtest/gtest.h>

#include "control/testing/table.hpp"

namespace stipend::control {
namespace {

constexpr OriginPorts ports(std::uint16_t first, std::uint16_t last) { return {{first, last}, {}}; }

class OriginPortsTest : public testing::Test {
 protected:
  OriginPortsTest() { EXPECT_EQ(table_.run("course per-second grace 86400\naccount ada 50.00\nlaunch ada web t2.nano\nlaunch ada lab t2.nano"), ""); }
  // The port, or 0 and `refused_`.
  std::uint16_t port(const base::InstanceId& id, const OriginPorts& of) {
    std::uint16_t got = 0;
    table_.command(table_.actor("ada"), [&](Tx& tx) -> base::Status {
      const auto found = origin_port(tx, id, of);
      refused_ = found ? "" : found.error().code;
      if (!found) return std::unexpected(found.error());
      got = *found;
      return {};
    });
    return got;
  }
  std::uint16_t port(const std::string& name, const OriginPorts& of) { return port(table_.instance(name).id, of); }

  Table table_;
  std::string refused_;
};

TEST_F(OriginPortsTest, EachMachineKeepsAPortOfItsOwn) {
  const auto of = ports(30000, 30009);
  const auto web = port("web", of), lab = port("lab", of);
  EXPECT_TRUE(of.range.contains(web));
  EXPECT_NE(web, lab);
  EXPECT_EQ(port("web", of), web);
  EXPECT_EQ(origin_at(table_.state(), web), table_.instance("web").id);
  EXPECT_EQ(origin_at(table_.state(), lab), table_.instance("lab").id);
  EXPECT_FALSE(origin_at(table_.state(), 30009));
  ASSERT_EQ(table_.run("tick 864000"), "");
  EXPECT_EQ(port("web", of), web);
}

TEST_F(OriginPortsTest, APortOfAnotherProgramIsNobodys) {
  OriginPorts of = ports(30000, 30001);
  const auto web = port("web", of);
  of.unusable.insert(web);
  EXPECT_NE(port("web", of), web);
}

TEST_F(OriginPortsTest, WithoutAFreePortTheMessageNamesTheCure) {
  const auto of = ports(30000, 30000);
  EXPECT_EQ(port("web", of), 30000);
  EXPECT_EQ(port("lab", of), 0);
  EXPECT_EQ(refused_, "NoFreePort");
}

TEST_F(OriginPortsTest, ATerminatedMachinesPortRestsLongerThanAnyPassLives) {
  const auto of = ports(30000, 30000);
  const auto web = table_.instance("web").id;
  EXPECT_EQ(port(web, of), 30000);
  ASSERT_EQ(table_.run("report web running 0\nterminate web\nreport web ended 1 person ours"), "");
  EXPECT_FALSE(origin_at(table_.state(), 30000));
  EXPECT_EQ(port(web, of), 0);
  EXPECT_EQ(port("lab", of), 0);
  ASSERT_EQ(table_.run("tick 691200"), "");  // eight days
  EXPECT_EQ(port("lab", of), 0);
  ASSERT_EQ(table_.run("tick 86401"), "");
  EXPECT_EQ(port("lab", of), 30000);
  EXPECT_EQ(origin_at(table_.state(), 30000), table_.instance("lab").id);
}

}  // namespace
}  // namespace stipend::control
