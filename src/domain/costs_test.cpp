#include "domain/costs.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "domain/catalogue.hpp"

namespace stipend::domain {
namespace {

const AccountId kAda = *AccountId::parse("123456789012");
const DiskPrices kPrices{{"2026", {{100'000'000}, {50'000'000}}}, {"", {{50'000'000}, {20'000'000}}}};

WallTime at(const char* instant) { return *base::parse_iso8601(instant); }

UsageDay day(EntryKind kind, std::int64_t amount, std::int64_t seconds) {
  return {.account = kAda, .day = at("2026-11-26T00:00:00Z"), .kind = kind, .type = "t2.medium", .catalogue = "2026", .price = {46'400'000},
          .house = false, .amount = {amount}, .seconds = seconds};
}

TEST(CostLine, TellsMachinesDisksAndWhatWasGivenBackApart) {
  const auto machine = cost_line(day(EntryKind::kCharge, 46'400'000, 3600), kPrices);
  EXPECT_EQ(machine->type, "t2.medium");
  EXPECT_EQ(machine->amount.nano, 46'400'000);
  EXPECT_EQ(machine->quantity, kQuantityParts);
  EXPECT_EQ(machine->until, at("2026-11-27T00:00:00Z"));
  const auto back = cost_line(day(EntryKind::kCorrection, 12, -60), kPrices);
  EXPECT_TRUE(back->refund);
  EXPECT_EQ(back->amount.nano, -12);
  EXPECT_EQ(back->quantity, -60 * 730);
  auto disk = day(EntryKind::kStorage, 1, 730 * 3600);
  disk.price = disk_price(*find_catalogue("2026"), 8);
  EXPECT_EQ(cost_line(disk, kPrices)->quantity, 8 * kQuantityParts) << "8 GiB for a month of 730 h";
  EXPECT_EQ(cost_line(disk, kPrices)->type, "");
  disk.catalogue = "";  // at half the price of a GiB it is twice as large
  EXPECT_EQ(cost_line(disk, kPrices)->quantity, 16 * kQuantityParts);
  disk.catalogue = "gone";
  EXPECT_EQ(cost_line(disk, kPrices)->quantity, 0);
  disk.house = true;
  EXPECT_FALSE(cost_line(disk, kPrices)) << "what the house pays is no cost of the account";
}

RC_GTEST_PROP(CostLine, KnowsTheSizeOfAnyDisk, ()) {
  const auto gib = *rc::gen::inRange<std::int64_t>(1, 16'384);
  const Money month{*rc::gen::inRange<std::int64_t>(730, 1'000'000'000)};
  Catalogue catalogue;
  catalogue.gp2_gib_month = month;
  auto disk = day(EntryKind::kStorage, 1, 3600);
  disk.price = disk_price(catalogue, gib);
  disk.catalogue = "c";
  RC_ASSERT(cost_line(disk, {{"c", {month, {}}}})->quantity == gib * 3600);
}

TEST(CostLine, OfASnapshotCountsWhatItOccupiesAndOfAnAddressHours) {
  auto snapshot = day(EntryKind::kStorage, 1, 730 * 3600);
  snapshot.type = "snapshot";
  snapshot.price = snapshot_price(*find_catalogue("2026"), 1536);
  const auto line = cost_line(snapshot, kPrices);
  EXPECT_EQ(line->of, CostOf::kSnapshot);
  EXPECT_EQ(line->quantity, 3 * kQuantityParts / 2) << "1.5 GiB for a month of 730 h";
  EXPECT_EQ(line->type, "");
  auto address = day(EntryKind::kStorage, 5'000'000, 3600);
  address.type = "address";
  address.price = {5'000'000};
  EXPECT_EQ(cost_line(address, kPrices)->of, CostOf::kAddress);
  EXPECT_EQ(cost_line(address, kPrices)->quantity, kQuantityParts);
}

RC_GTEST_PROP(CostLine, KnowsWhatAnySnapshotOccupies, ()) {
  const auto mib = *rc::gen::inRange<std::int64_t>(1, 16'384 * 1024);
  const Money month{*rc::gen::inRange<std::int64_t>(730 * 1024, 1'000'000'000)};
  Catalogue catalogue;
  catalogue.snapshot_gib_month = month;
  auto snapshot = day(EntryKind::kStorage, 1, 1024);
  snapshot.type = "snapshot";
  snapshot.price = snapshot_price(catalogue, mib);
  snapshot.catalogue = "c";
  RC_ASSERT(cost_line(snapshot, {{"c", {{}, month}}})->quantity == mib);
}

Entry charge(std::int64_t amount, std::int64_t from, std::int64_t to, const char* instant) {
  Entry entry;
  entry.account = kAda;
  entry.debit = "grant:g-1";
  entry.amount = {amount};
  entry.subject = "i-1";
  entry.from = {from};
  entry.to = {to};
  entry.type = "t2.medium";
  entry.catalogue = "2026";
  entry.at = at(instant);
  return entry;
}

TEST(CostReader, CountsSecondsOnceHoweverManyGrantsPay) {
  CostReader reader(kPrices);
  const auto first = reader.next(charge(5, 0, 60, "2026-11-26T10:00:30Z")), second = reader.next(charge(7, 0, 60, "2026-11-26T10:00:30Z"));
  EXPECT_EQ(first->quantity, 60 * 730);
  EXPECT_EQ(second->quantity, 0);
  EXPECT_EQ(second->amount.nano, 7);
  EXPECT_EQ(first->from, at("2026-11-26T09:59:30Z"));
  EXPECT_EQ(first->subject, "i-1");
  Entry given;
  given.kind = EntryKind::kGrant;
  EXPECT_FALSE(reader.next(given));
}

TEST(CostReader, AnEntryAtMidnightIsOfTheDayThatEndsAndReachesNoFurtherBack) {
  CostReader reader(kPrices);
  const auto line = reader.next(charge(5, 0, 90'000, "2026-11-27T00:00:00Z"));
  EXPECT_EQ(line->from, at("2026-11-26T00:00:00Z"));
  EXPECT_EQ(line->until, at("2026-11-27T00:00:00Z"));
}

TEST(CostsByHour, AreCutAtTheHoursByTheSeconds) {
  CostReader reader(kPrices);
  const auto line = *reader.next(charge(100, 0, 7200, "2026-11-26T12:30:00Z"));
  const auto parts = by_hour(line, false);
  ASSERT_EQ(parts.size(), 3u);
  EXPECT_EQ(parts[0].from, at("2026-11-26T10:00:00Z"));
  EXPECT_EQ(parts[0].amount.nano, 25);
  EXPECT_EQ(parts[1].amount.nano, 50);
  EXPECT_EQ(parts[2].amount.nano, 25);
  EXPECT_EQ(parts[2].quantity, 1800 * 730);
  const auto whole = by_hour(line, true);
  ASSERT_EQ(whole.size(), 1u);
  EXPECT_EQ(whole[0].from, at("2026-11-26T12:00:00Z"));
  auto moment = line;
  moment.from = moment.until = at("2026-11-27T00:00:00Z");
  EXPECT_EQ(by_hour(moment, false)[0].from, at("2026-11-26T23:00:00Z"));
}

RC_GTEST_PROP(CostsByHour, AddUpToTheLine, ()) {
  CostLine line;
  line.from = {*rc::gen::inRange<std::int64_t>(0, 100'000'000)};
  line.until = line.from.plus_ms(*rc::gen::inRange<std::int64_t>(0, 86'400'000));
  line.amount = {*rc::gen::inRange<std::int64_t>(-1'000'000'000, 1'000'000'000'000)};
  line.quantity = *rc::gen::inRange<std::int64_t>(-1'000'000, 1'000'000'000'000);
  Money amount;
  std::int64_t quantity = 0;
  WallTime next{};
  for (const auto& part : by_hour(line, *rc::gen::arbitrary<bool>())) {
    RC_ASSERT(part.from >= next);
    RC_ASSERT(part.from.ms_until(part.until) == 3'600'000);
    next = part.until;
    amount += part.amount;
    quantity += part.quantity;
  }
  RC_ASSERT(amount == line.amount);
  RC_ASSERT(quantity == line.quantity);
}

}  // namespace
}  // namespace stipend::domain
