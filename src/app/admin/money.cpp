#include <fmt/format.h>

#include <algorithm>

#include "app/admin/terms.hpp"
#include "app/ledger_verifier.hpp"
#include "app/words.hpp"
#include "control/await.hpp"
#include "control/commands/accounts.hpp"

namespace stipend::app {
namespace {

using boost::asio::awaitable;

awaitable<JsonResult> give(AdminContext& context, control::Actor actor, Json arguments) {
  const auto account = id<base::AccountId>(arguments, "account");
  if (!account) co_return std::unexpected(account.error());
  const auto amount = money(arguments, "amount");
  if (!amount) co_return std::unexpected(amount.error());
  const auto reason = text(arguments, "reason");
  if (!reason) co_return std::unexpected(reason.error());
  const auto terms = terms_of(arguments);
  if (!terms) co_return std::unexpected(terms.error());
  co_return co_await control::run<Json>(
      context.engine(), std::move(actor), [account = *account, amount = *amount, reason = *reason, terms = *terms](control::Tx& tx) -> JsonResult {
        TRY_ASSIGN(const auto grant, control::grant(tx, account, amount, reason, terms));
        const auto f = control::figures(tx.state(), account, tx.now());
        return Json{{"grant_id", grant ? grant->id.str() : ""},
                    {"amount", base::to_decimal(amount)},
                    {"balance", base::to_decimal(f.balance)},
                    {"available", base::to_decimal(f.available)}};
      });
}

awaitable<JsonResult> refund(AdminContext& context, control::Actor actor, Json arguments) {
  const auto account = id<base::AccountId>(arguments, "account");
  if (!account) co_return std::unexpected(account.error());
  const auto amount = money(arguments, "amount");
  if (!amount) co_return std::unexpected(amount.error());
  const auto reason = text(arguments, "reason");
  if (!reason) co_return std::unexpected(reason.error());
  base::Result<base::InstanceId> instance = base::InstanceId();
  if (arguments.contains("instance")) instance = id<base::InstanceId>(arguments, "instance");
  if (!instance) co_return std::unexpected(instance.error());
  co_return co_await control::run<Json>(
      context.engine(), std::move(actor),
      [account = *account, amount = *amount, reason = *reason, instance = *instance](control::Tx& tx) -> JsonResult {
        TRY_ASSIGN(const auto grant, control::refund(tx, account, amount, reason, instance));
        const auto f = control::figures(tx.state(), account, tx.now());
        return Json{{"grant_id", grant->id.str()},
                    {"amount", base::to_decimal(amount)},
                    {"reason", grant->note},
                    {"balance", base::to_decimal(f.balance)},
                    {"available", base::to_decimal(f.available)}};
      });
}

const domain::Person& person_of(const domain::State& state, const domain::Account& account) {
  static const domain::Person kErased;
  const auto* person = state.find<domain::Person>(account.person);
  return person ? *person : kErased;
}

Json found_json(const domain::State& state, const control::GrantPlan& plan, base::Money amount, bool given) {
  Json members = Json::array();
  for (const auto& member : plan.members) {
    const auto& account = *state.find<domain::Account>(member.account);
    const auto& person = person_of(state, account);
    members.push_back({{"account_id", member.account.str()}, {"name", person.name}, {"identifier", person.identifier},
                       {"section", account.section}, {"available", base::to_decimal(member.available)}});
  }
  return {{"given", given}, {"amount", base::to_decimal(amount)}, {"sum", base::to_decimal(plan.sum)}, {"members", std::move(members)}};
}

// To all that are found; only shown without `confirm`.
awaitable<JsonResult> give_found(AdminContext& context, control::Actor actor, Json arguments) {
  control::GrantFilter filter{text_or(arguments, "course", "")};
  if (arguments.contains("under")) {
    const auto under = money(arguments, "under");
    if (!under) co_return std::unexpected(under.error());
    filter.under = *under;
  }
  if (arguments.contains("section")) filter.section = text_or(arguments, "section", "");
  const auto amount = money(arguments, "amount");
  const auto reason = text(arguments, "reason");
  const auto terms = terms_of(arguments);
  if (!amount) co_return std::unexpected(amount.error());
  if (!reason) co_return std::unexpected(reason.error());
  if (!terms) co_return std::unexpected(terms.error());
  if (flag(arguments, "confirm"))
    co_return co_await control::run<Json>(context.engine(), std::move(actor), [=, amount = *amount, reason = *reason, terms = *terms](control::Tx& tx) -> JsonResult {
      TRY_ASSIGN(const auto plan, control::grant_found(tx, filter, amount, terms, reason));
      return found_json(tx.state(), plan, amount, true);
    });
  const control::Actor asker = actor;
  co_return co_await control::read<Json>(
      context.engine(), std::move(actor), [=, amount = *amount, terms = *terms](const domain::State& state, base::WallTime now) -> JsonResult {
        TRY_ASSIGN(const auto* course, control::managed_course(state, asker, filter.course));
        TRY(control::check_terms(state, *course, now, terms));
        TRY_ASSIGN(const auto plan, control::plan_grants(state, now, asker, filter, amount));
        return found_json(state, plan, amount, false);
      });
}

Json grant_json(const domain::State& state, const domain::Grant& grant) {
  std::string types;
  for (const auto& type : grant.only_types) types += (types.empty() ? "" : ",") + type;
  const auto* account = state.find<domain::Account>(grant.account);
  return {{"grant_id", grant.id.str()},
          {"account_id", grant.account.str()},
          {"name", account ? person_of(state, *account).name : ""},
          {"created", base::to_iso8601(grant.created)},
          {"amount", base::to_decimal(grant.amount)},
          {"remaining", base::to_decimal(grant.remaining())},
          {"source", grant.source},
          {"code", grant.code},
          {"expires", grant.expires == base::WallTime::never() ? Json(nullptr) : Json(base::to_iso8601(grant.expires))},
          {"types", types},
          {"reason", grant.note}};
}

// Of an account, or of the members of a course.
awaitable<JsonResult> list_grants(AdminContext& context, control::Actor actor, Json arguments) {
  const control::Actor asker = actor;
  co_return co_await control::read<Json>(context.engine(), std::move(actor), [asker, arguments](const domain::State& state, base::WallTime) -> JsonResult {
    base::AccountId of;
    base::CourseId in;
    if (arguments.contains("account")) {
      TRY_ASSIGN(of, id<base::AccountId>(arguments, "account"));
      if (!state.find<domain::Account>(of)) return base::fail(base::Fault::kNotFound, "NoSuchAccount", "there is no account " + of.str());
    } else {
      TRY_ASSIGN(const auto* course, control::managed_course(state, asker, text_or(arguments, "course", "")));
      in = course->id;
    }
    const auto source = text_or(arguments, "source", "");
    Json out = Json::array();
    for (const auto& [account, ids] : state.grants_of) {
      if (of.empty() ? state.find<domain::Account>(account)->course != in : account != of) continue;
      for (const auto& grant : ids)
        if (const auto* row = state.find<domain::Grant>(grant); source.empty() || row->source == source) out.push_back(grant_json(state, *row));
    }
    std::sort(out.begin(), out.end(), [](const Json& a, const Json& b) { return a["created"].get_ref<const std::string&>() < b["created"].get_ref<const std::string&>(); });
    return out;
  });
}

awaitable<JsonResult> entries(AdminContext& context, control::Actor, Json arguments) {
  store::EntryQuery query;
  if (arguments.contains("account")) {
    const auto account = id<base::AccountId>(arguments, "account");
    if (!account) co_return std::unexpected(account.error());
    query.account = *account;
  }
  query.after = arguments.value("after", std::int64_t{0});
  const auto found = context.service.store().entries(query);
  if (!found) co_return std::unexpected(found.error());
  Json out = Json::array();
  for (const auto& e : *found)
    out.push_back({{"number", e.number},
                   {"at", base::to_iso8601(e.at)},
                   {"kind", to_word(e.kind)},
                   {"account_id", e.account.str()},
                   {"debit", e.debit},
                   {"credit", e.credit},
                   {"amount", base::to_decimal(e.amount)},
                   {"subject", e.subject},
                   {"generation", e.generation},
                   {"segment", e.segment},
                   {"from_s", e.from.count},
                   {"to_s", e.to.count},
                   {"price_per_hour", base::to_decimal({e.price.nano_per_hour})},
                   {"type", e.type},
                   {"reason", e.reason},
                   {"chain", e.chain}});
  co_return out;
}

// The strand only copies pointers; the entries are read from the file, by another thread.
awaitable<JsonResult> verify(AdminContext& context, control::Actor actor, Json) {
  base::WallTime at;
  const auto held = co_await control::read<ledger::InMemory>(
      context.engine(), std::move(actor), [&at](const domain::State& state, base::WallTime now) -> base::Result<ledger::InMemory> {
        at = now;
        ledger::InMemory out{state.last_entry, state.last_chain, {}};
        out.grants.reserve(state.grants.size());
        for (const auto& [id, grant] : state.grants) out.grants.push_back(grant);
        return out;
      });
  if (!held) co_return std::unexpected(held.error());
  co_return co_await context.ledger.run(*held, at);
}

constexpr AdminCommand kCommands[] = {{"grant", give}, {"grant.found", give_found}, {"refund", refund}, {"grant.list", list_grants}, {"ledger", entries}, {"ledger.verify", verify}};

}  // namespace

base::Result<control::GrantTerms> terms_of(const Json& arguments) {
  control::GrantTerms terms;
  if (arguments.contains("expires")) {
    TRY_ASSIGN(const auto at, text(arguments, "expires"));
    TRY_ASSIGN(terms.expires, base::parse_iso8601(at));
  }
  if (const auto types = arguments.find("types"); types != arguments.end()) {
    const auto wrong = [] { return base::fail(base::Fault::kInvalid, "InvalidArgument", "types must be a list of names"); };
    if (!types->is_array() || types->size() > 100) return wrong();
    for (const auto& type : *types) {
      if (!type.is_string()) return wrong();
      terms.only_types.push_back(type.get<std::string>());
    }
  }
  return terms;
}

std::span<const AdminCommand> money_commands() { return kCommands; }

}  // namespace stipend::app
