#include "domain/free_tier.hpp"

#include <gtest/gtest.h>

#include "domain/catalogue.hpp"

namespace stipend::domain {
namespace {

WallTime at(const char* text) { return *base::parse_iso8601(text); }

class FreeTierOfACourse : public testing::Test {
 protected:
  FreeTierOfACourse() {
    course_.id = *CourseId::parse("c-0123456789abcdef0");
    course_.catalogue = "2017";
    course_.policy.free_tier = {"t2.micro", 750, 12};
    ada_.id = *AccountId::parse("123456789012");
    ada_.course = course_.id;
    ada_.created = at("2026-11-20T10:00:00Z");
  }
  std::optional<FreeTierGift> due(const char* now) {
    state_.courses[course_.id] = std::make_shared<const Course>(course_);
    return free_tier_due(state_, ada_, at(now));
  }
  State state_;
  Course course_;
  Account ada_;
};

TEST_F(FreeTierOfACourse, IsTheHoursAtTheirPriceUntilTheMonthIsOver) {
  const auto gift = due("2026-11-20T10:00:00Z");
  ASSERT_TRUE(gift);
  EXPECT_EQ(gift->amount, Money::dollars(9));  // 750 × $0.012
  EXPECT_EQ(gift->month, at("2026-11-01T00:00:00Z"));
  EXPECT_EQ(gift->until, at("2026-12-01T00:00:00Z"));
  EXPECT_EQ(gift->words, "750 h of t2.micro in November 2026");
}

TEST_F(FreeTierOfACourse, IsDueOnceAMonth) {
  ada_.free_tier = at("2026-11-01T00:00:00Z");
  EXPECT_FALSE(due("2026-11-30T23:59:59.999Z"));
  EXPECT_TRUE(due("2026-12-01T00:00:00Z"));
  ada_.free_tier = at("2026-12-01T00:00:00Z");
  EXPECT_FALSE(due("2026-12-01T00:00:00Z"));
}

TEST_F(FreeTierOfACourse, EndsWithItsLastMonthThatOfTheAccountsMakingIncluded) {
  EXPECT_TRUE(due("2027-10-31T23:59:59Z"));
  EXPECT_FALSE(due("2027-11-01T00:00:00Z"));
  course_.policy.free_tier.months = 1;
  EXPECT_TRUE(due("2026-11-30T23:59:59Z"));
  EXPECT_FALSE(due("2026-12-01T00:00:00Z"));
}

TEST_F(FreeTierOfACourse, IsForStudentsWhoAreNotSuspended) {
  ada_.status = AccountStatus::kSuspended;
  EXPECT_FALSE(due("2026-11-20T10:00:00Z"));
  ada_.status = AccountStatus::kJoined;
  ada_.role = Role::kTeacher;
  EXPECT_FALSE(due("2026-11-20T10:00:00Z"));
  ada_.role = Role::kStudent;
  course_.policy.free_tier = {};
  EXPECT_FALSE(due("2026-11-20T10:00:00Z"));
}

TEST_F(FreeTierOfACourse, IsAtThePriceOfTheMonthsBeginningOrTheAccountsMaking) {
  const auto list = [&](const char* edition, std::int64_t price, bool with_micro = true) {
    auto catalogue = *find_catalogue("2017");
    catalogue.edition = edition;
    catalogue.course = course_.id;
    for (auto& type : catalogue.types) type.price = {price};
    if (!with_micro) std::erase_if(catalogue.types, [](const auto& type) { return type.name == "t2.micro"; });
    state_.catalogues[edition] = std::make_shared<const Catalogue>(std::move(catalogue));
  };
  list("second", 20'000'000);
  list("third", 30'000'000);
  course_.prices = {{at("2026-11-10T00:00:00Z"), "second"}, {at("2026-12-01T00:00:00Z"), "third"}};
  EXPECT_EQ(due("2026-11-25T00:00:00Z")->amount, Money::dollars(15));  // made on the 20th: second
  ada_.created = at("2026-10-20T00:00:00Z");
  EXPECT_EQ(due("2026-11-25T00:00:00Z")->amount, Money::dollars(9));
  EXPECT_EQ(due("2026-12-01T00:00:00Z")->amount, Money{22'500'000'000});
  // A type that a list of this month brought.
  list("none", 1, false);
  course_.catalogue = "none";
  EXPECT_EQ(due("2026-11-25T00:00:00Z")->amount, Money::dollars(15));
  EXPECT_FALSE(due("2026-11-05T00:00:00Z"));
}

TEST(UtcMonth, BeginsAndEndsAtMidnight) {
  EXPECT_EQ(utc_month(at("2028-02-29T23:59:59.999Z")), at("2028-02-01T00:00:00Z"));
  EXPECT_EQ(next_utc_month(at("2028-02-29T23:59:59.999Z")), at("2028-03-01T00:00:00Z"));
  EXPECT_EQ(utc_month(at("2027-01-01T00:00:00Z")), at("2027-01-01T00:00:00Z"));
  EXPECT_EQ(next_utc_month(at("2026-12-31T00:00:00Z")), at("2027-01-01T00:00:00Z"));
}

}  // namespace
}  // namespace stipend::domain
