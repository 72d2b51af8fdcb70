#include "app/statement_words.hpp"

#include <gtest/gtest.h>

#include "control/roster/csv.hpp"

namespace stipend::app {
namespace {

using base::Money;

domain::Line line(domain::EntryKind kind) {
  domain::Line made;
  made.entry.kind = kind;
  made.entry.number = 7;
  made.entry.subject = "vol-1";
  made.entry.at = *base::parse_iso8601("2026-11-02T12:00:00Z");
  return made;
}

TEST(StatementWords, ADisksPriceIsFromThePriceListOfItsCourse) {
  auto disk = line(domain::EntryKind::kStorage);
  disk.entry.price = {1'095'891};
  disk.out = {5};
  disk.in_period = {-5};
  const auto view = line_view(disk, Money::dollars(1), "2017");
  EXPECT_EQ(view.what, "disk");
  EXPECT_EQ(view.catalogue, "2017");
  EXPECT_EQ(base::to_decimal(view.balance), "0.999999995");
  auto run = line(domain::EntryKind::kCharge);
  run.entry.price = {1};
  run.entry.catalogue = "2026";
  EXPECT_EQ(line_view(run, {}, "2017").catalogue, "2026");
  EXPECT_EQ(line_view(line(domain::EntryKind::kGrant), {}, "2017").catalogue, "");
}

TEST(StatementWords, ARefundAndAFreeTierAreCalledSo) {
  const auto what = [](const char* reason) {
    auto grant = line(domain::EntryKind::kGrant);
    grant.entry.reason = reason;
    return line_view(grant, {}, "2026").what;
  };
  EXPECT_EQ(what("refund"), "refund");
  EXPECT_EQ(what("refund i-0123456789abcdef0"), "refund");
  EXPECT_EQ(what("free-tier"), "free tier");
  EXPECT_EQ(what("top-up"), "credit given");
  EXPECT_EQ(what("refunds"), "credit given");
}

TEST(StatementWords, WhatTheHousePaidIsSaidAndIsNoPartOfTheBalance) {
  auto disk = line(domain::EntryKind::kStorage);
  disk.house = {3};
  const auto view = line_view(disk, {9}, "2026");
  EXPECT_EQ(view.what, "disk, paid by the house");
  EXPECT_EQ(view.balance.nano, 9);
}

TEST(StatementWords, ASnapshotIsCalledAsClientsKnowItAndAnAddressByItsAllocation) {
  auto snapshot = line(domain::EntryKind::kStorage);
  snapshot.entry.type = "snapshot";
  snapshot.entry.subject = "vol-0123456789abcdef0";
  snapshot.out = {3};
  EXPECT_EQ(line_view(snapshot, {9}, "2026").what, "snapshot");
  EXPECT_EQ(line_view(snapshot, {9}, "2026").item, "snap-0123456789abcdef0");
  snapshot.entry.type = "disk";
  EXPECT_EQ(line_view(snapshot, {9}, "2026").item, "vol-0123456789abcdef0");
  auto address = line(domain::EntryKind::kStorage);
  address.entry.type = "address";
  address.entry.subject = "eipalloc-0123456789abcdef0";
  address.house = {3};
  EXPECT_EQ(line_view(address, {9}, "2026").what, "address, paid by the house");
  EXPECT_EQ(line_view(address, {9}, "2026").item, "eipalloc-0123456789abcdef0");
  EXPECT_EQ(line_view(address, {9}, "2026").type, "");
}

TEST(StatementWords, CsvHasEveryNanoDollarAndNoFormula) {
  gateway::StatementView page;
  page.account = *base::AccountId::parse("123456789012");
  page.name = "=1+1";
  page.identifier = "-2";
  page.month = "2026-11";
  page.sums.opening = {1};
  auto charge = line(domain::EntryKind::kCharge);
  charge.out = {1'234'567'891};
  charge.from = charge.entry.at.plus_seconds(-60);
  charge.entry.to = {60};
  charge.entry.price = {47'000'000};
  page.lines.push_back(line_view(charge, Money::dollars(5), "2026"));
  const auto first = statement_csv(page, true), later = statement_csv(page, false);
  EXPECT_TRUE(first.ends_with(later) && first.size() > later.size());
  EXPECT_NE(first.find(",'=1+1,'-2,"), std::string::npos);
  EXPECT_NE(first.find(",2026-11-02T11:59:00.000Z,2026-11-02T12:00:00.000Z,60,0.047,2026,,,1.234567891,,5.00\r\n"), std::string::npos) << first;
  page.next = 7;
  EXPECT_EQ(statement_csv(page, true).find("closing"), std::string::npos);
  const auto table = control::read_csv(statement_csv_head() + first);
  EXPECT_TRUE(table.wrong.empty());
  ASSERT_EQ(table.records.size(), 4U);
  for (const auto& record : table.records) EXPECT_EQ(record.cells.size(), 21U);
}

}  // namespace
}  // namespace stipend::app
