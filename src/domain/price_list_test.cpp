#include "domain/price_list.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

namespace stipend::domain {
namespace {

constexpr WallTime kNow{1'800'000'000'000};

InstanceType type(std::string name, std::int64_t nano) {
  return {.name = std::move(name), .vcpus = 2, .memory_mib = 1024, .price = {nano}, .provider = {}, .gpu = {}};
}

Catalogue list(std::string edition, std::vector<InstanceType> types) {
  return {.edition = std::move(edition), .source = "a letter", .types = std::move(types), .gp2_gib_month = {100'000'000},
          .snapshot_gib_month = {50'000'000}, .address = {5'000'000}, .course = {}, .created = {}};
}

std::string wrong_in(const std::function<void(Catalogue&)>& change) {
  auto catalogue = list("own-1", {type("t2.micro", 1), type("m4.large", 2)});
  change(catalogue);
  const auto status = check_price_list(catalogue);
  return status ? "ok" : status.error().message;
}

TEST(PriceList, IsSortedAndCheckedTypeByType) {
  auto catalogue = list("own-1", {type("t2.micro", 1), type("m4.large", 2)});
  ASSERT_TRUE(check_price_list(catalogue));
  EXPECT_EQ(catalogue.types.front().name, "m4.large");
  EXPECT_NE(find_type(catalogue, "t2.micro"), nullptr);
}

TEST(PriceList, OfAWrongShapeIsRefusedWithTheTypeThatIsWrong) {
  const auto has = [](const std::string& message, const char* part) { return message.find(part) != message.npos; };
  EXPECT_EQ(wrong_in([](Catalogue&) {}), "ok");
  for (const auto* name : {"", "-own", "own 1", "o/wn", "ümlaut", "01234567890123456789012345678901234567890"})
    EXPECT_TRUE(has(wrong_in([&](Catalogue& c) { c.edition = name; }), "the name of an edition")) << name;
  for (const auto* name : {"", "micro", ".micro", "t2.", "t2.mi.cro", "T2.micro", "2t.micro", "t2.mi cro"})
    EXPECT_TRUE(has(wrong_in([&](Catalogue& c) { c.types[0].name = name; }), "is no name of an instance type")) << name;
  EXPECT_TRUE(has(wrong_in([](Catalogue& c) { c.types.clear(); }), "from 1 to 300"));
  EXPECT_TRUE(has(wrong_in([](Catalogue& c) { c.types.resize(301, c.types[0]); }), "from 1 to 300"));
  EXPECT_TRUE(has(wrong_in([](Catalogue& c) { c.types[1].name = "t2.micro"; }), "t2.micro is there twice"));
  for (const std::int64_t nano : {std::int64_t{0}, std::int64_t{-1}, kHourMost.nano + 1, INT64_MAX})
    EXPECT_TRUE(has(wrong_in([&](Catalogue& c) { c.types[0].price = {nano}; }), "t2.micro: price_per_hour")) << nano;
  for (const std::int64_t nano : {std::int64_t{-1}, kGibMonthMost.nano + 1})
    EXPECT_TRUE(has(wrong_in([&](Catalogue& c) { c.gp2_gib_month = {nano}; }), "gp2_gib_month")) << nano;
  for (const std::int64_t nano : {std::int64_t{-1}, kGibMonthMost.nano + 1, INT64_MAX})
    EXPECT_TRUE(has(wrong_in([&](Catalogue& c) { c.snapshot_gib_month = {nano}; }), "snapshot_gib_month")) << nano;
  for (const std::int64_t nano : {std::int64_t{-1}, kAddressHourMost.nano + 1, INT64_MAX})
    EXPECT_TRUE(has(wrong_in([&](Catalogue& c) { c.address = {nano}; }), "address_hour")) << nano;
  EXPECT_EQ(wrong_in([](Catalogue& c) { c.snapshot_gib_month = {}, c.address = {}; }), "ok");
  EXPECT_TRUE(has(wrong_in([](Catalogue& c) { c.types[0].vcpus = 0; }), "vcpus"));
  EXPECT_TRUE(has(wrong_in([](Catalogue& c) { c.types[0].memory_mib = INT64_MAX; }), "memory_mib"));
  EXPECT_TRUE(has(wrong_in([](Catalogue& c) { c.types[0].baseline_milli = 2001; }), "baseline_milli"));
  EXPECT_TRUE(has(wrong_in([](Catalogue& c) { c.types[0].provider = "elsewhere"; }), "provider"));
  EXPECT_TRUE(has(wrong_in([](Catalogue& c) { c.types[0].gpus = 1; }), "gpus and gpu"));
  EXPECT_TRUE(has(wrong_in([](Catalogue& c) { c.types[0].gpus = 1, c.types[0].gpu = "K80"; }), "with a GPU"));
}

class Steps : public testing::Test {
 protected:
  Steps() {
    course_.id = *CourseId::parse("c-0123456789abcdef0");
    course_.catalogue = "first";
    put(list("first", {type("t2.micro", 1)}));
    put(list("second", {type("t2.micro", 2), type("t2.small", 3)}));
    put(list("third", {type("t2.micro", 4), type("t2.small", 5), type("t2.large", 6)}));
    auto foreign = list("foreign", {type("t2.micro", 4)});
    foreign.course = *CourseId::parse("c-0123456789abcdef1");
    put(foreign);
  }
  void put(Catalogue catalogue) {
    if (catalogue.course.empty()) catalogue.course = course_.id;
    std::ranges::sort(catalogue.types, {}, &InstanceType::name);
    const auto edition = catalogue.edition;
    state_.catalogues[edition] = std::make_shared<const Catalogue>(std::move(catalogue));
  }
  std::string use(const std::string& edition, std::int64_t in_s) {
    auto steps = with_step(state_, course_, {kNow.plus_seconds(in_s), edition}, kNow);
    if (!steps) return steps.error().message;
    course_.prices = *std::move(steps);
    return "ok";
  }

  State state_;
  Course course_;
};

TEST_F(Steps, HoldFromTheirInstantOnInTheirOrder) {
  EXPECT_EQ(use("third", 200), "ok");
  EXPECT_EQ(use("second", 100), "ok");
  EXPECT_EQ(edition_at(course_, kNow.plus_seconds(99)), "first");
  EXPECT_EQ(edition_at(course_, kNow.plus_seconds(100)), "second");
  EXPECT_EQ(edition_at(course_, kNow.plus_seconds(199)), "second");
  EXPECT_EQ(edition_at(course_, kNow.plus_seconds(200)), "third");
  EXPECT_EQ(catalogue_at(state_, course_, kNow.plus_seconds(200))->edition, "third");
}

TEST_F(Steps, ThatWouldLoseATypeAreRefusedBothWaysAndNameIt) {
  EXPECT_EQ(use("second", 100), "ok");
  EXPECT_NE(use("first", 200).find("first lacks types of second, which holds before it: t2.small"), std::string::npos);
  EXPECT_NE(use("third", 50).find("second lacks types of third, which holds before it: t2.large"), std::string::npos);
  EXPECT_EQ(use("first", 50), "ok");
  EXPECT_EQ(course_.prices.size(), 2u);
}

TEST_F(Steps, BeginNeverInThePastAndNoTwoAtOneInstant) {
  EXPECT_EQ(use("second", -3600), "ok");
  EXPECT_EQ(course_.prices[0].from, kNow.plus_ms(1));  // what starts now has its price already
  EXPECT_NE(use("third", -1).find("already"), std::string::npos);
  EXPECT_NE(use("third", kStepFurthestS + 1).find("ten years"), std::string::npos);
}

TEST_F(Steps, OfAListThatIsAnotherCoursesOrNobodysAreRefused) {
  EXPECT_NE(use("foreign", 1).find("no price list 'foreign'"), std::string::npos);
  EXPECT_NE(use("none", 1).find("no price list 'none'"), std::string::npos);
}

TEST_F(Steps, AreBounded) {
  for (std::size_t i = 0; i < kStepsMost; ++i) ASSERT_EQ(use("second", static_cast<std::int64_t>(i) + 1), "ok");
  EXPECT_NE(use("second", 5000).find("at most 100 times"), std::string::npos);
}

TEST_F(Steps, ThatHaveNotBegunAreCancelledAndOthersNot) {
  EXPECT_EQ(use("second", 100), "ok");
  EXPECT_EQ(use("third", 200), "ok");
  EXPECT_EQ(without_steps(course_, "first", kNow).error().code, "NoSuchPriceStep");
  const auto late = without_steps(course_, "second", kNow.plus_seconds(100));
  ASSERT_FALSE(late);
  EXPECT_NE(late.error().message.find("never taken back"), std::string::npos);
  const auto steps = without_steps(course_, "second", kNow.plus_seconds(99));
  ASSERT_TRUE(steps);
  ASSERT_EQ(steps->size(), 1u);
  EXPECT_EQ(steps->front().edition, "third");
}

// AWS's own lists are what courses begin with: 2026 has no p2, so nobody moves there from 2017 by mistake.
TEST(PriceLists, OfAwsDoNotFollowEachOther) {
  const auto& old = *find_catalogue("2017");
  const auto& present = *find_catalogue("2026");
  const auto missing = types_missing(old, present);
  EXPECT_NE(std::ranges::find(missing, "p2.xlarge"), missing.end());
  EXPECT_TRUE(types_missing(old, old).empty());
}

}  // namespace
}  // namespace stipend::domain
