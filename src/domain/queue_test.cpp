#include "domain/queue.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <set>

namespace stipend::domain {
namespace {

constexpr Space kHost{64'000, 262'144};
constexpr Space kSmall{400, 4096}, kLarge{16'000, 65'536};

CourseId course(int n) { return *CourseId::parse("c-0000000000000000" + std::to_string(n)); }
AccountId account(std::int64_t n) {
  auto digits = std::to_string(n);
  return *AccountId::parse(std::string(12 - digits.size(), '0') + digits);
}
// Names in turn order, from places named by one letter each.
struct Place {
  const char* name;
  int of;                   // course
  std::int64_t by;          // account
  std::int64_t since;
  std::int64_t passed = 0;
  bool refused = false;
};
std::string order(const std::vector<Place>& places, const Crowd& crowd) {
  std::vector<Waiting> waiting;
  for (const auto& p : places) waiting.push_back({p.name, account(p.by), course(p.of), kSmall, {p.since}, p.passed, p.refused});
  std::string out;
  for (const auto i : turn_order(waiting, crowd)) out += waiting[i].id;
  return out;
}

TEST(Queue, WhoCameFirstIsNext) {
  EXPECT_EQ(order({{"b", 1, 2, 20}, {"a", 1, 1, 10}, {"c", 1, 3, 30}}, {.host = kHost}), "abc");
  EXPECT_EQ(order({}, {.host = kHost}), "");
}

TEST(Queue, CoursesTakeTurns) {
  const std::vector<Place> places = {{"a", 1, 1, 10}, {"b", 1, 2, 11}, {"c", 1, 3, 12}, {"x", 2, 4, 20}, {"y", 2, 5, 21}, {"z", 2, 6, 22}};
  // The fourth turn is the oldest's, whosever.
  EXPECT_EQ(order(places, {.host = kHost}), "axbcyz");
}

TEST(Queue, ACourseThatUsesMoreWaitsUntilTheOtherHasCaughtUp) {
  Crowd crowd{.host = kHost, .used = {{course(1), kSmall * 3}}};
  const std::vector<Place> places = {{"a", 1, 1, 10}, {"b", 1, 2, 11}, {"x", 2, 4, 20}, {"y", 2, 5, 21}, {"z", 2, 6, 22}};
  EXPECT_EQ(order(places, crowd), "xyzab");
  crowd.weight = {{course(1), 40}, {course(2), 10}};  // with four times the weight it has used less
  EXPECT_EQ(order(places, crowd), "xabyz");
}

TEST(Queue, WhoRunsNothingComesBeforeWhoRunsSomething) {
  const Crowd crowd{.host = kHost, .running = {{account(1), 1}, {account(2), 2}}};
  EXPECT_EQ(order({{"a", 1, 1, 10}, {"b", 1, 2, 11}, {"c", 1, 3, 12}}, crowd), "cab");
  EXPECT_EQ(order({{"a", 1, 3, 10}, {"b", 1, 3, 11}, {"c", 1, 4, 12}}, {.host = kHost}), "acb");  // a second place is a second machine
}

TEST(Queue, EveryFourthTurnIsTheOldests) {
  const Crowd crowd{.host = kHost, .running = {{account(1), 5}}, .turns = 3};
  EXPECT_EQ(order({{"a", 1, 1, 10}, {"b", 1, 2, 11}, {"c", 1, 3, 12}}, crowd), "abc");
}

TEST(Queue, WhatWasPassedOverTooOftenIsFirstAndWhatWasRefusedLast) {
  EXPECT_EQ(order({{"a", 1, 1, 10, 0, true}, {"b", 1, 2, 11}, {"c", 1, 3, 12, kPassedMost}, {"d", 1, 4, 13, kPassedMost - 1}}, {.host = kHost}), "cbda");
}

TEST(Queue, SharesAreWeightsAndTheRestIsDividedEvenly) {
  const auto weights = weights_of({{course(1), 50}, {course(2), 0}, {course(3), 0}});
  EXPECT_EQ(weights.at(course(1)), 5000);
  EXPECT_EQ(weights.at(course(2)), 2500);
  EXPECT_EQ(weights_of({{course(1), 100}, {course(2), 0}}).at(course(2)), 1);
}

TEST(Queue, EstimatesFromRecentTurnsOrKnownEndsOrSaysThatItIsNotKnown) {
  const WallTime now{1'800'000'000'000};
  const auto ago = [&](std::int64_t s) { return now.plus_seconds(-s); };
  const auto words = [&](std::size_t position, const std::vector<Freeing>& freeing, const std::vector<WallTime>& served) {
    return to_words(estimate(position, {}, kSmall * static_cast<std::int64_t>(position), kSmall, freeing, served, now));
  };
  EXPECT_EQ(words(0, {}, {}), "not known yet");
  EXPECT_EQ(words(0, {}, {ago(60), ago(30)}), "not known yet");  // two say nothing
  EXPECT_EQ(words(0, {}, {ago(90), ago(60), ago(30)}), "about a minute");
  EXPECT_EQ(words(5, {}, {ago(360), ago(200), ago(30)}), "about 15 minutes");  // 12 would be too exact
  EXPECT_EQ(words(100, {}, {ago(360), ago(200), ago(30)}), "about 4 hours");
  EXPECT_EQ(words(0, {}, {ago(4000), ago(3000), ago(2000)}), "not known yet");  // too long ago
  EXPECT_EQ(words(1, {{now.plus_seconds(600), kSmall}, {now.plus_seconds(300), kSmall}}, {}), "at 08:10 UTC at the latest");
  EXPECT_EQ(words(2, {{now.plus_seconds(600), kSmall}, {now.plus_seconds(300), kSmall}}, {}), "not known yet");
}

TEST(Queue, CountsInWords) {
  EXPECT_EQ(ordinal(1), "1st");
  EXPECT_EQ(ordinal(3), "3rd");
  EXPECT_EQ(ordinal(12), "12th");
  EXPECT_EQ(ordinal(22), "22nd");
  EXPECT_EQ(ordinal(111), "111th");
}

std::vector<Waiting> some_places(std::int64_t most) {
  std::vector<Waiting> places;
  const auto count = *rc::gen::inRange<std::int64_t>(0, most);
  for (std::int64_t i = 0; i < count; ++i)
    places.push_back({"q" + std::to_string(i), account(*rc::gen::inRange<std::int64_t>(1, 20)), course(*rc::gen::inRange(1, 5)),
                      *rc::gen::element(kSmall, kLarge), {*rc::gen::inRange<std::int64_t>(0, 1000)}, *rc::gen::inRange<std::int64_t>(0, kPassedMost + 1),
                      *rc::gen::inRange(0, 5) == 0});
  return places;
}

RC_GTEST_PROP(Queue, GivesEveryPlaceOneTurn, ()) {
  const auto places = some_places(60);
  const auto turns = turn_order(places, {.host = kHost, .turns = *rc::gen::inRange<std::int64_t>(0, 10)});
  RC_ASSERT(turns.size() == places.size());
  RC_ASSERT((std::set(turns.begin(), turns.end()).size()) == places.size());
}

// Two courses of one weight and machines of one size: neither is ever more than two turns ahead beyond the oldest's
// turns, while both wait.
RC_GTEST_PROP(Queue, IsFairBetweenCourses, ()) {
  std::vector<Waiting> places;
  for (std::int64_t i = 0; i < 80; ++i) places.push_back({"q" + std::to_string(i), account(i + 1), course(*rc::gen::inRange(1, 3)), kSmall, {i}, 0, false});
  std::map<CourseId, int> got, left;
  for (const auto& p : places) ++left[p.course];
  for (const auto i : turn_order(places, {.host = kHost})) {
    ++got[places[i].course];
    --left[places[i].course];
    if (left[course(1)] == 0 || left[course(2)] == 0) break;
    RC_ASSERT(std::abs(got[course(1)] - got[course(2)]) <= 2);
  }
}

// However many come later, in whatever course, a place gets its turn after at most kOldestEvery turns for each place
// that is older.
RC_GTEST_PROP(Queue, StarvesNobody, ()) {
  Waiting victim{"v", account(1), course(1), kSmall, {50}, 0, false};
  Crowd crowd{.host = kHost, .used = {{course(1), kSmall * 100}}, .weight = {{course(1), 1}, {course(2), 1000}}, .running = {{account(1), 9}}};
  const auto older = *rc::gen::inRange<std::int64_t>(0, 10);
  std::vector<Waiting> places{victim};
  for (std::int64_t i = 0; i < older; ++i) places.push_back({"o" + std::to_string(i), account(100 + i), course(2), kSmall, {i}, 0, false});
  std::int64_t turns = 0;
  for (std::int64_t next = 1000;; ++turns) {
    RC_ASSERT(turns <= (older + 1) * kOldestEvery);
    for (int i = 0; i < 3; ++i, ++next) places.push_back({"n" + std::to_string(next), account(next), course(2), kSmall, {next}, 0, false});
    crowd.turns = turns;
    const auto first = turn_order(places, crowd).front();
    if (places[first].id == "v") break;
    places.erase(places.begin() + static_cast<std::ptrdiff_t>(first));
  }
}

}  // namespace
}  // namespace stipend::domain
