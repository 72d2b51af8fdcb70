#include "control/commands/common.hpp"

#include <fmt/format.h>

#include "base/check.hpp"
#include "domain/figures.hpp"
#include "domain/policy.hpp"

namespace stipend::control {

using base::Fault;
using base::Money;

base::Result<const domain::Account*> own_account(const Tx& tx) {
  const auto* account = tx.state().find<domain::Account>(tx.actor().account);
  if (!account)
    return base::fail(Fault::kDenied, "UnauthorizedOperation", "this needs an account; sign with an account's access key");
  TRY(check_not_suspended(tx));
  return account;
}

base::AccountId new_account_id(Tx& tx) {
  for (;;) {
    std::uint64_t bits = 0;
    tx.random().fill(reinterpret_cast<unsigned char*>(&bits), sizeof bits);
    const auto id = *base::AccountId::parse(fmt::format("{:012}", 100'000'000'000 + bits % 900'000'000'000));
    if (!tx.state().find<domain::Account>(id)) return id;
  }
}

const domain::Course& course_of(const domain::State& state, const base::AccountId& account) {
  const auto* row = state.find<domain::Account>(account);
  CHECK(row, "an account that is used exists");
  const auto* course = state.find<domain::Course>(row->course);
  CHECK(course, "an account's course exists");
  return *course;
}

const domain::Catalogue& catalogue_of(const domain::State& state, const base::AccountId& account, base::WallTime now) {
  const auto* catalogue = domain::catalogue_at(state, course_of(state, account), now);
  CHECK(catalogue, "a course's price catalogue exists");
  return *catalogue;
}

bool is_operator(const Actor& actor) { return actor.account.empty() && actor.via == "admin"; }

bool is_suspended(const domain::State& state, const base::AccountId& account) {
  const auto* row = state.find<domain::Account>(account);
  return !row || row->status == domain::AccountStatus::kSuspended;
}

base::Status check_not_suspended(const Tx& tx) {
  if (tx.actor().account.empty() || !is_suspended(tx.state(), tx.actor().account)) return {};
  return base::fail(Fault::kDenied, "AccountSuspended", "this account is suspended; ask your teacher");
}

bool may_act_for(const domain::State& state, const Actor& actor, const base::AccountId& owner) {
  if (is_operator(actor) || actor.account == owner) return true;
  const auto* mine = state.find<domain::Account>(actor.account);
  const auto* theirs = state.find<domain::Account>(owner);
  return mine && theirs && mine->role != domain::Role::kStudent && mine->status != domain::AccountStatus::kSuspended &&
         mine->course == theirs->course;
}

void save_wallet(Tx& tx, domain::Wallet& wallet) {
  auto changes = wallet.take_changes();
  for (auto& grant : changes.grants) tx.save(std::move(grant));
  if (changes.hold) tx.save(*std::move(changes.hold));
  for (auto& disk : changes.disks) tx.save(std::move(disk));
  for (auto& address : changes.addresses) tx.save(std::move(address));
  for (auto& id : changes.released) tx.erase<domain::Address>(std::move(id));
  std::optional<domain::Spend> spend;
  for (auto& entry : changes.entries) {
    if (entry.kind == domain::EntryKind::kCharge || entry.kind == domain::EntryKind::kCorrection) {
      if (!spend) spend = domain::spend_at(tx.state().find<domain::Spend>(entry.account), entry.account, tx.now());
      const bool charge = entry.kind == domain::EntryKind::kCharge;
      spend = domain::with_charge(*std::move(spend), charge ? entry.amount : -entry.amount, entry.at, tx.now());
    }
    tx.save(std::move(entry));
  }
  if (spend) tx.save(*std::move(spend));
}

std::string dollars(Money amount, base::Rounding rounding) {
  const Money micro = base::mul_div(amount, 1, 1000, rounding);
  return fmt::format("${}.{:06}", micro.nano / 1'000'000, micro.nano % 1'000'000);
}

std::unexpected<base::Error> insufficient_credit(const domain::State& state, const base::AccountId& account,
                                                 base::WallTime now, const Shortage& shortage) {
  const auto f = domain::figures_without_runway(state, account, now);
  std::string narrow;
  if (const auto of = state.grants_of.find(account); of != state.grants_of.end())
    for (const auto& id : of->second)
      if (const auto* grant = state.find<domain::Grant>(id); !grant->only_types.empty() && grant->expires > now && grant->remaining() > Money{})
        narrow = " Part of this credit pays for some instance types only, and for no disk.";
  return base::fail(
      Fault::kNoCredit, "InsufficientCredit",
      fmt::format("{} at least {} {}; account {} has {} available ({} balance, {} set aside for running machines, {} "
                  "kept for disks).{} Ask your teacher for more credit or stop a machine.",
                  shortage.who, dollars(shortage.needed, base::Rounding::kCeil), shortage.purpose, account.str(),
                  dollars(f.available, base::Rounding::kFloor), base::to_display(f.balance, base::Rounding::kFloor),
                  base::to_display(f.held, base::Rounding::kCeil), base::to_display(f.reserved, base::Rounding::kCeil), narrow));
}

std::unexpected<base::Error> dry_run_succeeded() {
  return base::fail(Fault::kConflict, "DryRunOperation", "Request would have succeeded, but DryRun flag is set.");
}

}  // namespace stipend::control
