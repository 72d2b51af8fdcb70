#include "control/commands/grants.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "control/commands/common.hpp"
#include "control/commands/renewals.hpp"
#include "control/roster/clean_text.hpp"
#include "domain/figures.hpp"

namespace stipend::control {

using base::Fault;
using base::Money;

namespace {
constexpr std::size_t kMostMembers = 10'000;

base::Status check_may_give(const Tx& tx, const base::AccountId& account) {
  const auto* row = tx.state().find<domain::Account>(account);
  if (!row || !may_act_for(tx.state(), tx.actor(), account))
    return base::fail(Fault::kNotFound, "NoSuchAccount", fmt::format("there is no account {}", account.str()));
  const bool of_the_course = row->role == domain::Role::kCourse && is_operator(tx.actor());
  if (!of_the_course && !managed_account(tx.state(), tx.actor(), account))
    return base::fail(Fault::kDenied, "UnauthorizedOperation", "only the staff of the course gives credit");
  return {};
}

Money refunded(const domain::State& state, const base::AccountId& account) {
  Money sum;
  if (const auto of = state.grants_of.find(account); of != state.grants_of.end())
    for (const auto& id : of->second)
      if (const auto* grant = state.find<domain::Grant>(id); grant->source == "refund") sum += grant->amount - grant->taken_back;
  return sum;
}

}  // namespace

base::Result<GrantTerms> check_terms(const domain::State& state, const domain::Course& course, base::WallTime now, GrantTerms terms) {
  if (terms.expires != base::WallTime::never() && (terms.expires <= now || terms.expires > now.plus_seconds(kLongestTermS)))
    return base::fail(Fault::kInvalid, "InvalidExpiry", "credit expires in the future, within ten years");
  std::ranges::sort(terms.only_types);
  const auto twice = std::ranges::unique(terms.only_types);
  terms.only_types.erase(twice.begin(), twice.end());
  const auto* catalogue = domain::catalogue_at(state, course, now);
  for (const auto& name : terms.only_types)
    if (!domain::find_type(*catalogue, name))
      return base::fail(Fault::kInvalid, "InvalidInstanceType", fmt::format("the course's catalogue has no instance type '{}'", name));
  return terms;
}

base::Result<domain::RowPtr<domain::Grant>> give(Tx& tx, Gift gift) {
  domain::Grant grant;
  grant.id = base::make_id<base::GrantId>(tx.random());
  grant.account = gift.account;
  grant.amount = gift.amount;
  grant.source = gift.source;
  grant.created = tx.now();
  grant.expires = gift.terms.expires;
  grant.only_types = std::move(gift.terms.only_types);
  grant.note = gift.note.substr(0, 400);
  grant.code = std::move(gift.code);
  const auto id = grant.id;
  domain::Wallet wallet(tx.state(), gift.account, tx.now());
  wallet.post_storage_if_short();  // new money does not pay what reserves have covered
  wallet.give(std::move(grant), gift.about.empty() ? gift.source : gift.source + " " + gift.about);
  wallet.refill_reserves();
  save_wallet(tx, wallet);
  TRY(renew_account(tx, gift.account));
  return tx.state().grants.at(id);
}

base::Result<domain::RowPtr<domain::Grant>> grant(Tx& tx, const base::AccountId& account, Money amount, const std::string& reason,
                                                  const GrantTerms& terms) {
  TRY(check_may_give(tx, account));
  if (amount == Money{} || amount > kMostGiven || -amount > kMostGiven)
    return base::fail(Fault::kInvalid, "InvalidAmount", "give an amount other than 0, at most 1000000 dollars");
  TRY_ASSIGN(auto checked, check_terms(tx.state(), course_of(tx.state(), account), tx.now(), terms));
  tx.audit(amount > Money{} ? "grant" : "take-back", account.str(), base::to_decimal(amount));
  if (amount > Money{}) return give(tx, {account, amount, "top-up", reason, "", std::move(checked)});
  if (checked.expires != base::WallTime::never() || !checked.only_types.empty())
    return base::fail(Fault::kInvalid, "InvalidAmount", "credit that is taken back has no expiry and no types; leave them out");

  domain::Wallet wallet(tx.state(), account, tx.now());
  wallet.post_storage_if_short();
  if (-amount > wallet.available()) {
    const auto f = domain::figures_without_runway(tx.state(), account, tx.now());
    return base::fail(Fault::kNoCredit, "InsufficientCredit",
                      fmt::format("account {} has {} available, so {} cannot be taken back ({} balance, {} set aside for "
                                  "running machines, {} kept for disks). Take back less, or stop its machines first.",
                                  account.str(), dollars(f.available, base::Rounding::kFloor), base::to_display(-amount, base::Rounding::kCeil),
                                  base::to_display(f.balance, base::Rounding::kFloor), base::to_display(f.held, base::Rounding::kCeil),
                                  base::to_display(f.reserved, base::Rounding::kCeil)));
  }
  const auto touched = wallet.take_back(-amount, "take-back");
  save_wallet(tx, wallet);
  TRY(renew_account(tx, account));
  return tx.state().grants.at(touched);
}

base::Result<domain::RowPtr<domain::Grant>> refund(Tx& tx, const base::AccountId& account, Money amount, const std::string& reason,
                                                   const base::InstanceId& instance) {
  TRY(check_may_give(tx, account));
  const auto& state = tx.state();
  if (amount <= Money{} || amount > kMostGiven)
    return base::fail(Fault::kInvalid, "InvalidAmount", "refund an amount above 0, at most 1000000 dollars");
  const auto note = clean_text(reason, 200, true);
  if (!note || note->empty())
    return base::fail(Fault::kInvalid, "InvalidReason", note ? "say why: a refund has a reason, and the member reads it" : "the reason " + note.error().message);
  if (const auto* row = state.find<domain::Instance>(instance); row && row->account != account)
    return base::fail(Fault::kNotFound, "InvalidInstanceID.NotFound", fmt::format("{} is no machine of account {}", instance.view(), account.view()));
  const auto charged = domain::figures_without_runway(state, account, tx.now()).charged, before = refunded(state, account);
  if (amount > charged - before)
    return base::fail(Fault::kInvalid, "MoreThanCharged",
                      fmt::format("account {} was charged {} in all{}, so {} cannot be refunded; credit beyond that is given with `stipend grant`",
                                  account.view(), dollars(charged, base::Rounding::kFloor),
                                  before > Money{} ? ", of which " + dollars(before, base::Rounding::kFloor) + " were refunded" : "",
                                  dollars(amount, base::Rounding::kCeil)));
  tx.audit("refund", account.str(), base::to_decimal(amount) + (instance.empty() ? "" : " " + instance.str()));
  return give(tx, {.account = account, .amount = amount, .source = "refund", .note = instance.empty() ? *note : *note + " (" + instance.str() + ")",
                   .about = instance.str()});
}

base::Status grant_all(Tx& tx, const Members& members, Money amount, const std::string& reason, const std::string& once,
                       const GrantTerms& terms) {
  if (members.empty()) return base::fail(Fault::kInvalid, "NobodyNamed", "name at least one member");
  if (members.size() > kMostMembers)
    return base::fail(Fault::kInvalid, "TooMany", fmt::format("at most {} members at once", kMostMembers));
  const std::set<base::AccountId> ids(members.begin(), members.end());
  for (const auto& id : ids) TRY(managed_account(tx.state(), tx.actor(), id));
  if (amount < Money{} && ids.size() > 1)
    return base::fail(Fault::kInvalid, "InvalidAmount", "credit is taken back from one member at a time");
  const auto note = clean_text(reason, 200, true);
  if (!note) return base::fail(Fault::kInvalid, "InvalidReason", "the reason " + note.error().message);
  const std::string key = (tx.actor().account.empty() ? tx.actor().who : tx.actor().account.str()) + "/grant/" + once;
  if (!once.empty() && tx.state().find<domain::ClientToken>(key)) return {};
  for (const auto& id : ids) TRY(grant(tx, id, amount, *note, terms));
  if (!once.empty()) tx.save(domain::ClientToken{key, base::to_decimal(amount), {}, tx.now()});
  return {};
}

base::Result<GrantPlan> plan_grants(const domain::State& state, base::WallTime now, const Actor& actor, const GrantFilter& filter, Money amount) {
  TRY_ASSIGN(const auto* course, managed_course(state, actor, filter.course));
  GrantPlan plan;
  for (const auto& [id, account] : state.accounts) {
    if (account->course != course->id || account->role != domain::Role::kStudent || account->status == domain::AccountStatus::kSuspended) continue;
    if (filter.section && account->section != *filter.section) continue;
    const auto available = domain::figures_without_runway(state, id, now).available - domain::free_tier_left(state, id, now);
    if (filter.under && available >= *filter.under) continue;
    plan.members.push_back({id, available});
    plan.sum += amount;
    if (plan.sum > kMostGiven)
      return base::fail(Fault::kInvalid, "TooMuch", fmt::format("this would give more than {} in all; give less, or to fewer", base::to_display(kMostGiven, base::Rounding::kFloor)));
  }
  if (plan.members.empty()) return base::fail(Fault::kNotFound, "NobodyFound", "no member of the course is meant by this; nothing was given");
  return plan;
}

base::Result<GrantPlan> grant_found(Tx& tx, const GrantFilter& filter, Money amount, const GrantTerms& terms, const std::string& reason) {
  if (amount <= Money{} || amount > kMostGiven)
    return base::fail(Fault::kInvalid, "InvalidAmount", "give an amount above 0, at most 1000000 dollars; credit is taken back from one account at a time");
  const auto note = clean_text(reason, 200, true);
  if (!note) return base::fail(Fault::kInvalid, "InvalidReason", "the reason " + note.error().message);
  TRY_ASSIGN(const auto* course, managed_course(tx.state(), tx.actor(), filter.course));
  TRY_ASSIGN(const auto checked, check_terms(tx.state(), *course, tx.now(), terms));
  TRY_ASSIGN(auto plan, plan_grants(tx.state(), tx.now(), tx.actor(), filter, amount));
  for (const auto& member : plan.members) {
    TRY(give(tx, {member.account, amount, "top-up", *note, "", checked}));
    tx.audit("grant", member.account.str(), base::to_decimal(amount));
  }
  return plan;
}

}  // namespace stipend::control
