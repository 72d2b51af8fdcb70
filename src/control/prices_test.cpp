// Price lists of a course's own and when they hold: what runs keeps the price of its start, a disk that of its making.
#include "control/commands/prices.hpp"

#include <gtest/gtest.h>

#include "control/commands/common.hpp"
#include "control/commands/policy.hpp"
#include "control/testing/table.hpp"
#include "domain/lease.hpp"

namespace stipend::control {
namespace {

using base::Money;

const Actor kOperator{"uid:0", "admin", "test", {}, domain::Role::kAdministrator};

// 2026 with all machines at so many times their price, and disks, too.
domain::Catalogue dearer(const std::string& edition, std::int64_t times) {
  auto list = *domain::find_catalogue("2026");
  list.edition = edition;
  list.source = "a letter of the dean";
  for (auto& type : list.types) type.price.nano_per_hour = std::min(type.price.nano_per_hour * times, domain::kHourMost.nano);
  list.gp2_gib_month.nano *= times;
  return list;
}

class PricesOfACourse : public testing::Test {
 protected:
  PricesOfACourse() { EXPECT_EQ(table_.run("course per-second grace 0\naccount ada 5.00\naccount grace 5.00 teacher"), ""); }
  void TearDown() override { EXPECT_EQ(table_.broken(), ""); }

  std::string add(const Actor& actor, domain::Catalogue list) {
    return table_.command(actor, [&](Tx& tx) -> base::Status {
      TRY(add_price_list(tx, "course", std::move(list)));
      return {};
    });
  }
  std::string use(const Actor& actor, const std::string& edition, std::int64_t in_s) {
    return table_.command(actor, [&](Tx& tx) -> base::Status {
      TRY(use_price_list(tx, "course", edition, tx.now().plus_seconds(in_s)));
      return {};
    });
  }
  std::string cancel(const std::string& edition) {
    return table_.command(kOperator, [&](Tx& tx) -> base::Status {
      TRY(cancel_price_list(tx, "course", edition));
      return {};
    });
  }
  Actor who(const std::string& name) const { return table_.actor(name); }
  const domain::Run& run_of(const std::string& name) const { return *table_.instance(name).run; }
  const domain::Disk& disk_of(const std::string& name) const { return *table_.state().disks.at(table_.instance(name).root_disk); }

  Table table_;
};

TEST_F(PricesOfACourse, HoldFromTheirInstantForWhatStartsAndIsMadeAndNeverForWhatRuns) {
  ASSERT_EQ(add(who("grace"), dearer("autumn", 2)), "ok");
  ASSERT_EQ(use(who("grace"), "autumn", 600), "ok");
  EXPECT_EQ(table_.run(R"(
    launch ada old m4.large
    report old running 0
    tick 900
    report old running 900
    renew ada
    launch ada new m4.large
    report new running 0
    tick 60
    stop old
    stop new
    report old ended 960 person
    report new ended 60 person
  )"), "");
  EXPECT_EQ(disk_of("old").catalogue, "2026");
  EXPECT_EQ(disk_of("new").catalogue, "autumn");
  EXPECT_EQ(disk_of("new").price.nano_per_hour, domain::disk_price(dearer("autumn", 2), 8).nano_per_hour);
  std::map<std::string, std::pair<Money, std::string>> charged;
  for (const auto& entry : table_.entries())
    if (entry.kind == domain::EntryKind::kCharge) charged[entry.subject] = {charged[entry.subject].first + entry.amount, entry.catalogue};
  EXPECT_EQ(charged.at(table_.instance("old").id.str()), std::pair(Money{100'000'000 * 960LL / 3600}, std::string("2026")));
  EXPECT_EQ(charged.at(table_.instance("new").id.str()), std::pair(Money{200'000'000 * 60LL / 3600}, std::string("autumn")));
  // The old machine's next run is of the new list, its disk is not.
  EXPECT_EQ(table_.run("start old"), "");
  EXPECT_EQ(run_of("old").catalogue, "autumn");
  EXPECT_EQ(run_of("old").price.nano_per_hour, 200'000'000);
  EXPECT_EQ(disk_of("old").catalogue, "2026");
}

TEST_F(PricesOfACourse, AreAddedOnceUnderANameOfTheirOwnAndWithTheirSource) {
  const auto audits = table_.state().last_audit;
  EXPECT_EQ(add(who("grace"), dearer("autumn", 2)), "ok");
  EXPECT_EQ(table_.state().last_audit, audits + 1);
  EXPECT_EQ(add(who("grace"), dearer("autumn", 3)), "CatalogueExists");
  EXPECT_EQ(add(who("grace"), dearer("2026", 3)), "InvalidCatalogue");
  EXPECT_EQ(add(who("grace"), dearer("2027", 3)), "InvalidCatalogue");  // a year is for a list of AWS that is yet to come
  auto silent = dearer("silent", 2);
  silent.source = " ";
  EXPECT_EQ(add(who("grace"), silent), "InvalidCatalogue");
  EXPECT_EQ(add(who("ada"), dearer("own", 2)), "StaffOnly");
  EXPECT_EQ(use(who("ada"), "autumn", 60), "StaffOnly");
}

TEST_F(PricesOfACourse, LoseNoTypeOfAMachine) {
  auto fewer = dearer("fewer", 1);
  std::erase_if(fewer.types, [](const auto& type) { return type.name == "t2.medium"; });
  ASSERT_EQ(add(kOperator, fewer), "ok");
  EXPECT_EQ(use(kOperator, "fewer", 60), "InvalidPriceStep");
  EXPECT_EQ(use(kOperator, "2017", 60), "InvalidPriceStep");
  EXPECT_EQ(use(kOperator, "none", 60), "NoSuchCatalogue");
}

TEST_F(PricesOfACourse, MayAddATypeThatIsLaunchedFromThenOn) {
  auto more = dearer("more", 1);
  auto own = more.types.front();
  own.name = "lab.huge";
  own.vcpus = 1;
  own.memory_mib = 512;
  own.price = {1};
  more.types.push_back(own);
  ASSERT_EQ(add(kOperator, more), "ok");
  EXPECT_EQ(table_.run("launch ada lab lab.huge -> InvalidParameterValue"), "");
  ASSERT_EQ(use(kOperator, "more", 0), "ok");
  EXPECT_EQ(table_.run("tick 1\nlaunch ada lab lab.huge\nreport lab running 0\ntick 3600\nreport lab running 3600\nrenew ada\nstop lab\nreport lab ended 3600 person"), "");
}

TEST_F(PricesOfACourse, ThatHaveNotBegunAreCancelled) {
  ASSERT_EQ(add(kOperator, dearer("autumn", 2)), "ok");
  ASSERT_EQ(use(kOperator, "autumn", 60), "ok");
  EXPECT_EQ(cancel("autumn"), "ok");
  EXPECT_EQ(cancel("autumn"), "NoSuchPriceStep");
  ASSERT_EQ(use(kOperator, "autumn", 60), "ok");
  EXPECT_EQ(table_.run("tick 60"), "");
  EXPECT_EQ(cancel("autumn"), "NoSuchPriceStep");
  EXPECT_EQ(table_.run("launch ada web m4.large"), "");
  EXPECT_EQ(run_of("web").price.nano_per_hour, 200'000'000);
}

// A start at the very instant of the command has the price of before; the command's step begins a millisecond later.
TEST_F(PricesOfACourse, ThatHoldAtOnceDoNotReachWhatStartedAtThatInstant) {
  ASSERT_EQ(add(kOperator, dearer("autumn", 2)), "ok");
  EXPECT_EQ(table_.run("launch ada web m4.large"), "");
  ASSERT_EQ(use(kOperator, "autumn", 0), "ok");
  EXPECT_EQ(domain::edition_at(*table_.state().courses.begin()->second, run_of("web").start_committed), run_of("web").catalogue);
  table_.tick_ms(1);
  EXPECT_EQ(table_.run("launch ada next m4.large"), "");
  EXPECT_EQ(run_of("next").catalogue, "autumn");
}

TEST_F(PricesOfACourse, AreWhatAStartIsRefusedBy) {
  ASSERT_EQ(add(kOperator, dearer("dear", 100)), "ok");
  ASSERT_EQ(use(kOperator, "dear", 60), "ok");
  EXPECT_EQ(table_.run(R"(
    account alan 0.40
    launch alan web m4.large
    report web running 0
    stop web
    report web ended 1 person
    tick 3600
    start web                       # a minute of it is $0.1667
    report web running 0
    stop web
    report web ended 1 person
    start web
    report web running 0
    stop web
    report web ended 1 person
    start web -> InsufficientCredit
  )"), "");
}

}  // namespace
}  // namespace stipend::control
