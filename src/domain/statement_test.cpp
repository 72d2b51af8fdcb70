#include "domain/statement.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>

namespace stipend::domain {
namespace {

WallTime at(const char* instant) { return *base::parse_iso8601(instant); }

Entry entry(EntryKind kind, std::int64_t nano, const char* instant, std::string debit, std::string credit) {
  Entry e;
  e.kind = kind;
  e.amount = {nano};
  e.at = at(instant);
  e.debit = std::move(debit);
  e.credit = std::move(credit);
  return e;
}
Entry given(std::int64_t nano, const char* instant) { return entry(EntryKind::kGrant, nano, instant, "house:issued", "grant:g-1"); }
Entry charge(std::int64_t nano, const char* instant) { return entry(EntryKind::kCharge, nano, instant, "grant:g-1", "usage:1"); }

const Period kNovember = *parse_month("2026-11");

TEST(Statement, AMonthIsUtcFromMidnightToMidnight) {
  EXPECT_EQ(base::to_iso8601(kNovember.after), "2026-11-01T00:00:00.000Z");
  EXPECT_EQ(base::to_iso8601(kNovember.until), "2026-12-01T00:00:00.000Z");
  EXPECT_EQ(parse_month("2026-12")->until, at("2027-01-01T00:00:00Z"));
  EXPECT_EQ(parse_month("2028-02")->until, at("2028-03-01T00:00:00Z"));
  for (const char* wrong : {"", "2026", "2026-13", "2026-00", "2026-1", "26-11", "2026-11-01", "2026/11", "-026-11", "1970-01", "9999-01", "2026-+1"})
    EXPECT_FALSE(parse_month(wrong)) << wrong;
}

TEST(Statement, AnEntryAtMidnightBelongsToTheMonthThatEnds) {
  Statement november(kNovember), december(*parse_month("2026-12"));
  const auto midnight = charge(7, "2026-12-01T00:00:00Z"), after = charge(5, "2026-12-01T00:00:00.001Z");
  EXPECT_TRUE(november.add(midnight));
  EXPECT_FALSE(november.add(after));
  EXPECT_FALSE(december.add(midnight));
  EXPECT_TRUE(december.add(after));
  EXPECT_EQ(december.totals().opening.nano, -7);
  EXPECT_EQ(month_of(midnight.at), "2026-11");
  EXPECT_EQ(month_of(after.at), "2026-12");
}

TEST(Statement, APostingOfMidnightThatComesAfterLaterEntriesStillOpensTheMonth) {
  Statement november(kNovember);
  november.add(given(100, "2026-10-05T10:00:00Z"));
  const auto first = november.add(charge(10, "2026-11-01T00:00:01Z"));
  november.add(charge(30, "2026-11-01T00:00:00Z"));  // of October, posted by whoever looked first
  EXPECT_EQ((november.totals().opening + first->in_period).nano, 60);
  EXPECT_EQ(november.totals().closing().nano, 60);
}

TEST(Statement, IsCompleteOnlyWhenNoMidnightCanStillBePosted) {
  Statement november(kNovember);
  november.add(charge(1, "2026-12-01T23:59:59.999Z"));
  EXPECT_FALSE(november.complete());
  november.add(charge(1, "2026-12-02T00:00:00Z"));
  EXPECT_TRUE(november.complete());
}

TEST(Statement, SaysWhoPaidAndOverWhichTime) {
  Statement november(kNovember);
  november.add(given(100, "2026-11-02T10:00:00Z"));
  auto run = charge(40, "2026-11-02T12:00:00Z");
  run.from = {600};
  run.to = {4200};
  const auto line = november.add(run);
  EXPECT_EQ(line->from, at("2026-11-02T11:00:00Z"));
  november.add(entry(EntryKind::kCorrection, 15, "2026-11-02T12:00:00Z", "house:faults", "grant:g-1"));
  november.add(entry(EntryKind::kStorage, 20, "2026-11-03T00:00:00Z", "grant:g-1", "usage:1"));
  auto snapshot = entry(EntryKind::kStorage, 2, "2026-11-03T00:00:00Z", "grant:g-1", "usage:1"), address = snapshot;
  snapshot.type = "snapshot";
  address.type = "address";
  address.amount = {6};
  november.add(snapshot);
  november.add(address);
  const auto house = november.add(entry(EntryKind::kStorage, 3, "2026-11-03T00:00:00Z", "house:unfunded_storage", "usage:1"));
  EXPECT_EQ(house->house.nano, 3);
  EXPECT_EQ(house->out.nano, 0);
  november.add(entry(EntryKind::kTakeBack, 4, "2026-11-04T00:00:00Z", "grant:g-1", "house:issued"));
  november.add(entry(EntryKind::kExpiry, 5, "2026-11-05T00:00:00Z", "grant:g-1", "expired:1"));
  const auto& t = november.totals();
  EXPECT_EQ(t.given.nano, 100);
  EXPECT_EQ(t.machines.nano, 40);
  EXPECT_EQ(t.corrections.nano, 15);
  EXPECT_EQ(t.disks.nano, 22) << "snapshots are disks";
  EXPECT_EQ(t.addresses.nano, 6);
  EXPECT_EQ(t.house_disks.nano, 3);
  EXPECT_EQ(t.taken_back.nano, 4);
  EXPECT_EQ(t.expired.nano, 5);
  EXPECT_EQ(t.closing().nano, 100 - 40 + 15 - 22 - 6 - 4 - 5);
}

// Months in a row: each opens with what the one before closed, and every running balance is the sum of its lines.
RC_GTEST_PROP(Statement, MonthsJoinAndTheRunningBalanceIsTheSumOfTheLines, ()) {
  const auto days = *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 120));
  std::vector<Entry> entries;
  auto sorted = days;
  std::ranges::sort(sorted);
  for (const int day : sorted) {
    const auto kind = *rc::gen::inRange(0, 7);
    auto e = charge(*rc::gen::inRange<std::int64_t>(1, 1'000'000'000'000), "2026-10-01T00:00:00Z");
    if (kind == 0) e = given(e.amount.nano, "2026-10-01T00:00:00Z");
    if (kind == 1) e = entry(EntryKind::kCorrection, e.amount.nano, "2026-10-01T00:00:00Z", "house:faults", "grant:g-1");
    if (kind == 2) e = entry(EntryKind::kStorage, e.amount.nano, "2026-10-01T00:00:00Z", "house:unfunded_storage", "usage:1");
    if (kind == 3) e = entry(EntryKind::kExpiry, e.amount.nano, "2026-10-01T00:00:00Z", "grant:g-1", "expired:1");
    e.at = e.at.plus_seconds(day * 86'400LL + *rc::gen::element(0, 0, 1, 40'000));
    entries.push_back(e);
  }
  Money closing;
  std::size_t lines = 0;
  for (const char* month : {"2026-09", "2026-10", "2026-11", "2026-12", "2027-01"}) {
    Statement statement(*parse_month(month));
    std::vector<Line> own;
    for (const auto& e : entries)
      if (auto line = statement.add(e)) own.push_back(*std::move(line));
    RC_ASSERT(statement.totals().opening == closing);
    Money balance = statement.totals().opening;
    for (const auto& line : own) {
      balance += line.in - line.out;
      RC_ASSERT(statement.totals().opening + line.in_period == balance);
    }
    closing = statement.totals().closing();
    RC_ASSERT(closing == balance);
    lines += own.size();
  }
  RC_ASSERT(lines == entries.size());
}

}  // namespace
}  // namespace stipend::domain
