// Elastic addresses: what they cost and when, on which machine they are, and how they end. An address costs $0.005 an hour while
// no machine runs with it; a t2.medium $0.0464 an hour, a disk of 8 GiB $0.001095891.
#include <gtest/gtest.h>

#include <algorithm>

#include "control/commands/addresses.hpp"
#include "control/commands/accounts.hpp"
#include "control/commands/renewals.hpp"
#include "control/commands/reports.hpp"
#include "control/testing/table.hpp"
#include "store/apply.hpp"

namespace stipend::control {
namespace {

class Addresses : public testing::Test {
 protected:
  Addresses() { EXPECT_EQ(table_.run("course per-second grace 0\naccount ada 1.00"), ""); }
  std::vector<AddressEffect> asked() const {
    std::vector<AddressEffect> found;
    for (const auto& effect : table_.effects())
      if (const auto* one = std::get_if<AddressEffect>(&effect)) found.push_back(*one);
    return found;
  }
  std::vector<AddressEffect> wished() const {
    std::vector<AddressEffect> found;
    for (const auto& effect : wishes(table_.state(), table_.now()))
      if (const auto* one = std::get_if<AddressEffect>(&effect)) found.push_back(*one);
    return found;
  }
  std::vector<domain::Entry> of_addresses() const {
    std::vector<domain::Entry> found;
    for (const auto& entry : table_.entries())
      if (entry.type == "address") found.push_back(entry);
    return found;
  }
  std::string confirm(const AddressEffect& effect) {
    return table_.command({"host", "host", "test", {}, domain::Role::kAdministrator},
                          [&](Tx& tx) { return address_confirmed(tx, effect.key, effect.public_address); });
  }

  Table table_;
};

TEST_F(Addresses, OneThatNoMachineHasCostsByTheSecondUntilItIsReleased) {
  EXPECT_EQ(table_.run(R"(
    allocate ada ip
    address ip idle
    money ada reserved=0.005 charged=0 available=0.995
    tick 3600
    money ada reserved=0.005 charged=0.005 available=0.99
    release ip
    address ip gone
    tick 3600
    money ada reserved=0 charged=0.005 available=0.995
    release ip -> InvalidAllocationID.NotFound
  )"), "");
  ASSERT_EQ(of_addresses().size(), 1u);
  EXPECT_EQ(of_addresses().front().kind, domain::EntryKind::kStorage);
  EXPECT_TRUE(of_addresses().front().subject.starts_with("eipalloc-"));
  EXPECT_EQ(of_addresses().front().to.count, 3600);
  EXPECT_FALSE(table_.state().addresses_of.contains(table_.account("ada")));
  EXPECT_TRUE(table_.state().addresses.empty());
}

TEST_F(Addresses, OneCostsNothingWhileItsMachineRunsAndAgainFromItsEndOn) {
  EXPECT_EQ(table_.run(R"(
    allocate ada ip
    launch ada web t2.medium
    report web running 0
    tick 600                           # idle, beside a machine that is at an address of its own
    report web running 600
    reached web own
    associate ip web
    reached web ip
    address ip used
    money ada charged=0.008749314      # 600 s of the machine, its disk and the address
    tick 3000
    report web running 3600
    stop web
    address ip used                    # until the run is settled
    report web ended 3601 person ours
    address ip idle
    reached web ip
    money ada charged=0.048329224      # an hour of machine and disk, and 600 s of the address
    tick 3600
    money ada charged=0.054425115      # an hour of the disk, an hour of the address
    start web
    address ip used
    reached web ip
    report web running 0
    tick 60
    report web ended 60 guest
    address ip idle
    reached web ip
  )"), "");
  // Two idle times, each posted as it ended; the third has not.
  ASSERT_EQ(of_addresses().size(), 2u);
  EXPECT_EQ(of_addresses()[0].to.count, 600);
  EXPECT_EQ(of_addresses()[1].from.count, 600);
  EXPECT_EQ(of_addresses()[1].to.count, 4200);
}

TEST_F(Addresses, ASecondStartKeepsTheAddressAndOneWithoutGetsAnother) {
  ASSERT_EQ(table_.run(R"(
    launch ada web t2.medium
    report web running 0
    allocate ada ip
    associate ip web
    stop web
    report web ended 5 person
    reached web ip
    start web
  )"), "");
  const auto* start = std::get_if<StartEffect>(&table_.effects().back());
  ASSERT_TRUE(start);
  EXPECT_EQ(start->spec.public_address, table_.address("ip")->address);
  EXPECT_EQ(table_.instance("web").run->host_address, table_.address("ip")->address);
  EXPECT_EQ(table_.run(R"(
    report web running 0
    disassociate ip
    reached web own
    stop web
    report web ended 5 person
    reached web nowhere
    start web
    reached web own
  )"), "");
}

TEST_F(Addresses, TheHostIsAskedAtOnceAndAgainUntilItConfirms) {
  ASSERT_EQ(table_.run("launch ada web t2.medium\nreport web running 0\nallocate ada ip"), "");
  EXPECT_TRUE(wished().empty());
  ASSERT_EQ(table_.run("associate ip web"), "");
  ASSERT_EQ(asked().size(), 1u);
  EXPECT_EQ(asked()[0].public_address, table_.address("ip")->address);
  EXPECT_EQ(asked()[0].key.generation, 1);
  ASSERT_EQ(wished().size(), 1u);
  // There and back while nobody answers: what the host has is not known, so it is asked for all the same.
  const auto first = asked()[0];
  ASSERT_EQ(table_.run("disassociate ip"), "");
  ASSERT_EQ(asked().size(), 2u);
  ASSERT_EQ(table_.run("associate ip web"), "");
  EXPECT_EQ(asked()[2].public_address, first.public_address);
  EXPECT_EQ(wished().size(), 1u);
  ASSERT_EQ(confirm(asked()[1]), "ok");
  EXPECT_EQ(wished().size(), 1u) << "an old answer is of another address";
  ASSERT_EQ(confirm(asked()[2]), "ok");
  EXPECT_TRUE(wished().empty());
  ASSERT_EQ(table_.run("stop web\nreport web ended 9 person\nstart web"), "");
  ASSERT_EQ(confirm(first), "ok");
  EXPECT_EQ(table_.instance("web").generation, 2) << "the answer of an earlier run says nothing of this one";
  EXPECT_EQ(table_.instance("web").run->host_address, table_.address("ip")->address);
}

TEST_F(Addresses, OneThatIsTakenFromAMachineThatStartsIsChangedOnceItRuns) {
  ASSERT_EQ(table_.run(R"(
    launch ada web t2.medium
    report web running 0
    allocate ada ip
    associate ip web
    stop web
    report web ended 5 person
    start web
    disassociate ip
    reached web own
    address ip idle
  )"), "");
  EXPECT_EQ(asked().size(), 1u) << "what starts cannot be asked";
  ASSERT_EQ(table_.run("report web running 1"), "");
  ASSERT_EQ(asked().size(), 2u);
  EXPECT_EQ(asked()[1].public_address, table_.instance("web").public_address);
}

TEST_F(Addresses, AMachineThatLosesOneNeverGetsTheAddressItHadBefore) {
  ASSERT_EQ(table_.run("launch ada web t2.medium\nreport web running 0"), "");
  const auto before = table_.instance("web").public_address;
  ASSERT_EQ(table_.run("allocate ada ip\nassociate ip web\ndisassociate ip"), "");
  EXPECT_NE(table_.instance("web").public_address, before);
  EXPECT_TRUE(table_.state().addresses.contains(table_.instance("web").public_address));
  EXPECT_FALSE(table_.state().addresses.contains(before));
}

TEST_F(Addresses, AnAddressMovesFromMachineToMachineUnlessThatIsForbidden) {
  EXPECT_EQ(table_.run(R"(
    launch ada one t2.medium
    launch ada two t2.medium
    report one running 0
    report two running 0
    allocate ada ip
    associate ip one
    associate ip two strict -> Resource.AlreadyAssociated
    reached one ip
    reached two own
    associate ip one strict            # it is there already
    associate ip two
    reached one own
    reached two ip
    allocate ada other
    associate other two strict -> Resource.AlreadyAssociated
    associate other two                # the one it had stays allocated
    reached two other
    address ip idle
    disassociate ip -> InvalidAssociationID.NotFound
  )"), "");
  EXPECT_TRUE(table_.address("ip")->instance.empty());
}

TEST_F(Addresses, AHostIsAskedForAnAddressOnlyAfterTheMachineThatHasItWasAskedToLeaveIt) {
  ASSERT_EQ(table_.run(R"(
    launch ada one t2.medium
    launch ada two t2.medium
    report one running 0
    report two running 0
    allocate ada ip
    associate ip one
  )"), "");
  const auto left = table_.instance("two").public_address;
  ASSERT_EQ(table_.run("associate ip two"), "");
  ASSERT_EQ(asked().size(), 3u);
  EXPECT_EQ(asked()[1].key.instance, table_.instance("one").id);
  EXPECT_NE(asked()[1].public_address, left);
  EXPECT_EQ(asked()[2].key.instance, table_.instance("two").id);
  EXPECT_EQ(asked()[2].public_address, table_.address("ip")->address);
}

TEST_F(Addresses, OnlyAMachineThatRunsOrIsStoppedTakesOne) {
  EXPECT_EQ(table_.run(R"(
    allocate ada ip
    launch ada web t2.medium
    associate ip web -> InvalidInstanceID
    report web running 0
    stop web
    associate ip web                   # stopping: it is reached there when it starts again
    address ip used
    report web ended 1 person
    address ip idle
    start web
    report web running 0
    terminate web
    disassociate ip
    associate ip web -> InvalidInstanceID
    report web ended 1 person
    associate ip web -> InvalidInstanceID
    address ip idle
  )"), "");
}

TEST_F(Addresses, ATerminatedMachineLeavesItAllocatedAndCosting) {
  EXPECT_EQ(table_.run(R"(
    launch ada web t2.medium
    report web running 0
    allocate ada ip
    associate ip web
    release ip -> InvalidIPAddress.InUse
    terminate web
    address ip used
    report web ended 1 person
    state web terminated
    reached web nowhere
    address ip idle
    launch ada other t2.medium
    report other running 0
    stop other
    report other ended 1 person
    associate ip other
    terminate other                    # stopped: gone at once
    address ip idle
    release ip
  )"), "");
}

TEST_F(Addresses, AStartThatFailsCostsTheAddressAgain) {
  EXPECT_EQ(table_.run(R"(
    launch ada web t2.medium
    report web running 0
    allocate ada ip
    associate ip web
    stop web
    report web ended 1 person
    start web
    address ip used
    report web ended 0 start-failed
    state web stopped
    address ip idle
    reached web ip
    start web
    report web running 0
    tick 10
    report web vanished 5
    address ip idle
  )"), "");
}

TEST_F(Addresses, AnAccountHasFive) {
  EXPECT_EQ(table_.run(R"(
    allocate ada a
    allocate ada b
    allocate ada c
    allocate ada d
    allocate ada e
    allocate ada f -> AddressLimitExceeded
    release c
    allocate ada f
  )"), "");
}

TEST_F(Addresses, WithoutTheReserveThereIsNone) {
  EXPECT_EQ(table_.run(R"(
    account alan 0.004999999
    allocate alan ip -> InsufficientCredit
    grant alan 0.000000001
    allocate alan ip
    money alan available=0 reserved=0.005
  )"), "");
}

TEST_F(Addresses, WhenTheRangeIsUsedUpNothingIsMadeAndNothingMoves) {
  // 254 addresses: 250 of 50 accounts, four of machines.
  ASSERT_EQ(table_.run("launch ada a t2.nano\nlaunch ada b t2.nano\nlaunch ada c t2.nano\nlaunch ada d t2.nano"), "");
  for (int i = 0; i < 50; ++i) {
    const auto name = "m" + std::to_string(i);
    ASSERT_EQ(table_.run("account " + name + " 1.00"), "");
    for (const char* one : {"a", "b", "c", "d", "e"}) ASSERT_EQ(table_.run("allocate " + name + " " + name + one), "");
  }
  EXPECT_EQ(table_.run(R"(
    allocate ada ip -> InsufficientAddressCapacity
    launch ada e t2.nano -> InsufficientAddressCapacity
    launch m0 x t2.nano -> InsufficientAddressCapacity
    release m0a
    launch m0 x t2.nano
    report x running 0
    associate m0b x                    # its own one is free for somebody
    allocate ada ip
    disassociate m0b -> InsufficientAddressCapacity
    reached x m0b
    release m0c
    disassociate m0b
    reached x own
  )"), "");
}

TEST_F(Addresses, AreTheirAccountsAlone) {
  EXPECT_EQ(table_.run(R"(
    account grace 1.00 teacher
    launch ada web t2.medium
    report web running 0
    launch grace hers t2.medium
    report hers running 0
    allocate ada ip
    associate ip web by grace -> InvalidAllocationID.NotFound
    associate ip hers -> InvalidInstanceID.NotFound
    associate ip web
    disassociate ip by grace -> InvalidAssociationID.NotFound
    disassociate ip
    release ip by grace -> InvalidAllocationID.NotFound
  )"), "");
}

TEST_F(Addresses, WhoIsSuspendedChangesNothing) {
  ASSERT_EQ(table_.run("launch ada web t2.medium\nreport web running 0\nallocate ada ip\nallocate ada other\nassociate other web"), "");
  ASSERT_EQ(table_.command({"uid:0", "admin", "test", {}, domain::Role::kAdministrator},
                           [&](Tx& tx) -> base::Status {
                             auto account = *tx.state().find<domain::Account>(table_.account("ada"));
                             account.status = domain::AccountStatus::kSuspended;
                             tx.save(std::move(account));
                             return {};
                           }),
            "ok");
  EXPECT_EQ(table_.run("allocate ada more -> AccountSuspended\nassociate ip web -> AccountSuspended\n"
                       "disassociate other -> AccountSuspended\nrelease ip -> AccountSuspended"), "");
}

TEST_F(Addresses, WithTheCreditTheyEndAndTheHousePaysNothing) {
  EXPECT_EQ(table_.run(R"(
    account alan 0.015
    allocate alan ip
    tick 3600
    unpaid
    address ip idle                    # the second hour is paid
    money alan available=0.005
    tick 3599
    unpaid
    address ip idle
    tick 1
    unpaid
    address ip gone
    money alan charged=0.01 available=0.005 reserved=0
  )"), "");
  EXPECT_EQ(of_addresses().back().reason, "address") << "the reserve is for what nobody looked at";
}

TEST_F(Addresses, AfterHoursInWhichNobodyLookedTheReserveAndThenTheHousePay) {
  EXPECT_EQ(table_.run(R"(
    account alan 0.01
    allocate alan ip
    tick 10800                         # $0.015: what was available, the reserve, and the house
    unpaid
    address ip gone
    money alan charged=0.01 available=0 reserved=0
  )"), "");
  const auto entries = of_addresses();
  ASSERT_EQ(entries.size(), 3u);
  EXPECT_EQ(entries[1].reason, "reserve");
  EXPECT_EQ(entries[2].debit, "house:unfunded_storage");
  EXPECT_EQ(entries[2].amount, base::Money{5'000'000});
}

TEST_F(Addresses, AStoppedMachineWhoseCreditIsGoneLosesItsAddressAndNothingElse) {
  EXPECT_EQ(table_.run(R"(
    account alan 0.035
    allocate alan ip
    launch alan web t2.medium
    report web running 0
    renew alan
    allocate alan more -> InsufficientCredit  # the machine holds all there is
    associate ip web
    unpaid
    address ip used                    # it costs nothing while its machine runs
    renew alan
    lasts alan 2273
    tick 2273
    report web ended 2273 credit ours
    state web stopped credit
    reached web ip
    tick 60
    unpaid
    address ip gone
    reached web nowhere
    state web stopped
  )"), "");
}

TEST_F(Addresses, NewCreditRestoresTheReserveAndKeepsThem) {
  EXPECT_EQ(table_.run(R"(
    account alan 0.01
    allocate alan ip
    tick 5400                          # half of the reserve would be used
    grant alan 1.00
    unpaid
    address ip idle
    money alan reserved=0.005 charged=0.0075
  )"), "");
}

TEST_F(Addresses, WhatAMachinePaysAheadForThemIsNotTakenForNoCredit) {
  EXPECT_EQ(table_.run(R"(
    account alan 0.03
    allocate alan ip
    launch alan web t2.medium          # at its own address: the idle one is paid in its hold
    report web running 0
    renew alan
    tick 600
    report web running 600
    unpaid
    address ip idle
  )"), "");
}

TEST_F(Addresses, WhatAMachineHoldsForAnIdleOneBuysRunTimeAsSoonAsItIsInUse) {
  ASSERT_EQ(table_.run(R"(
    account alan 0.03
    allocate alan ip
    launch alan web t2.medium
    report web running 0
    renew alan
  )"), "");
  const auto before = table_.instance("web").run->lease_run_max;
  ASSERT_EQ(table_.run("associate ip web"), "");
  EXPECT_GT(table_.instance("web").run->lease_run_max, before);
}

TEST_F(Addresses, EachDayIsPostedAtItsMidnight) {
  ASSERT_EQ(table_.run("allocate ada ip\ntick 57600"), "");  // from 08:00 to midnight
  EXPECT_EQ(accounts_with_old_disks(table_.state(), table_.now()), std::vector{table_.account("ada")});
  ASSERT_EQ(table_.run("tick 60\nrenew ada\nrenew ada"), "");
  ASSERT_EQ(of_addresses().size(), 1u);
  EXPECT_EQ(of_addresses()[0].to.count, 57'600);
  EXPECT_EQ(base::to_iso8601(of_addresses()[0].at), "2027-01-16T00:00:00.000Z");
  EXPECT_TRUE(accounts_with_old_disks(table_.state(), table_.now()).empty());
  // An idle time that ends before the guard has posted the day is split there, too. (The machine's end posted a minute.)
  ASSERT_EQ(table_.run("launch ada web t2.medium\nreport web running 0\nreport web ended 0 guest\nassociate ip web\ntick 86400\nstart web"), "");
  ASSERT_EQ(of_addresses().size(), 4u);
  EXPECT_EQ(of_addresses()[1].to.count, 57'600 + 60);
  EXPECT_EQ(base::to_iso8601(of_addresses()[2].at), "2027-01-17T00:00:00.000Z");
  EXPECT_EQ(of_addresses()[2].to.count, 57'600 + 86'400);
  EXPECT_EQ(of_addresses()[3].to.count, 57'600 + 86'400 + 60);
  // One that its machine had all day has nothing to post.
  ASSERT_EQ(table_.run("report web running 0\nrenew ada\ntick 86400\nreport web running 86400\nrenew ada"), "");
  EXPECT_EQ(of_addresses().size(), 4u);
}

TEST_F(Addresses, AGrantThatExpiresKeepsWhatTheirReserveDrawsOnIt) {
  ASSERT_EQ(table_.run(R"(
    account alan 0
    grant-for alan 0.01 expires=100
    allocate alan ip
    tick 200
    forget
  )"), "");
  const auto entries = table_.entries().size();
  ASSERT_EQ(table_.run("forget\nforget"), "");
  EXPECT_EQ(table_.entries().size(), entries) << "what is reserved of an expired grant is no news each minute";
}

// The index of addresses in use, whatever the order in which the rows that name one change, and back again.
TEST_F(Addresses, AreInUseAsLongAsAnyRowNamesThem) {
  using domain::State;
  State state;
  domain::Instance web;
  web.id = *base::InstanceId::parse("i-00000000000000001");
  web.account = *base::AccountId::parse("123456789012");
  web.public_address = "127.97.0.9";
  domain::Address ip;
  ip.id = "eipalloc-00000000000000001";
  ip.account = web.account;
  ip.address = "127.97.0.9";
  auto gone = web;
  gone.public_address = "127.97.0.10";
  auto other = ip;
  other.address = "127.97.0.11";
  const auto put = [](const auto& row) {
    using Row = std::remove_cvref_t<decltype(row)>;
    return store::Change(store::Put<Row>{std::make_shared<const Row>(row)});
  };
  const store::Change changes[] = {put(web), put(ip), put(gone), put(other), put(web),
                                   store::Change(store::Erase<domain::Address>{ip.id}), store::Change(store::Erase<domain::Instance>{web.id})};
  const auto truth = [&] {
    std::set<std::string> used;
    for (const auto& [id, row] : state.instances) used.insert(row->public_address);
    for (const auto& [id, row] : state.elastic_addresses) used.insert(row->address);
    return used;
  };
  std::vector<int> order = {0, 1, 2, 3, 4, 5, 6};
  do {
    std::vector<store::Undo> undos;
    for (const int i : order) {
      undos.push_back(store::apply(state, changes[i]));
      ASSERT_EQ(state.addresses, truth());
    }
    for (; !undos.empty(); undos.pop_back()) {
      store::undo(state, undos.back());
      ASSERT_EQ(state.addresses, truth());
    }
    ASSERT_TRUE(state.addresses.empty());
  } while (std::ranges::next_permutation(order).found);
}

}  // namespace
}  // namespace stipend::control
