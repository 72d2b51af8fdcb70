#include "domain/estimated_charges.hpp"

#include <gtest/gtest.h>

namespace stipend::domain {
namespace {

WallTime at(const char* instant) { return *base::parse_iso8601(instant); }
const WallTime kNow = at("2026-11-27T16:00:00Z");

CostLine line(const char* from, std::int64_t nano, bool disk = false) {
  CostLine line;
  line.from = at(from);
  line.of = disk ? CostOf::kDisk : CostOf::kMachine;
  line.refund = nano < 0;
  line.amount = {nano};
  return line;
}

TEST(EstimatedCharges, AreTheMonthsMachinesAndDisksLessWhatWasGivenBack) {
  const auto charges = estimated_charges({line("2026-11-01T00:00:00Z", 100), line("2026-11-27T00:00:00Z", 7, true), line("2026-11-20T00:00:00Z", -30),
                                          line("2026-10-31T00:00:00Z", 1'000)},
                                         kNow);
  EXPECT_EQ(charges.month, at("2026-11-01T00:00:00Z"));
  EXPECT_EQ(charges.total.nano, 77);
  EXPECT_EQ(charges.services, (std::map<std::string, Money>{{"AmazonEC2", {77}}}));
}

TEST(EstimatedCharges, BeginAgainOnTheFirst) {
  const auto lines = std::vector{line("2026-11-30T00:00:00Z", 100)};
  EXPECT_EQ(estimated_charges(lines, at("2026-11-30T23:59:59Z")).total.nano, 100);
  const auto next = estimated_charges(lines, at("2026-12-01T00:00:00Z"));
  EXPECT_EQ(next.total.nano, 0);
  EXPECT_TRUE(next.services.empty());
}

}  // namespace
}  // namespace stipend::domain
