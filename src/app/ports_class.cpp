#include "app/ports_class.hpp"

#include <algorithm>

#include "app/class_view.hpp"
#include "app/console_actor.hpp"
#include "app/ports_credit.hpp"
#include "app/roster_import.hpp"
#include "app/words.hpp"
#include "control/await.hpp"
#include "control/commands/credit_codes.hpp"
#include "control/commands/join.hpp"
#include "control/commands/links.hpp"
#include "domain/catalogue.hpp"

namespace stipend::app {

using base::Result;
using base::Status;
using control::Members;
using domain::State;
using gateway::awaitable;

namespace {

constexpr std::size_t kMembersAStep = 250;
constexpr std::size_t kShown = 200, kShownWrong = 500;

// The members in steps, each with a number that makes its repetition known.
std::vector<Members> steps_of(const Members& all) {
  std::vector<Members> steps;
  for (std::size_t at = 0; at < all.size(); at += kMembersAStep)
    steps.emplace_back(all.begin() + static_cast<std::ptrdiff_t>(at), all.begin() + static_cast<std::ptrdiff_t>(std::min(all.size(), at + kMembersAStep)));
  return steps;
}

Result<std::int64_t> act_on(control::Tx& tx, const gateway::MemberWish& wish, const Members& members, const std::string& once) {
  switch (wish.act) {
    case gateway::MemberAct::kStop: return control::stop_machines(tx, members);
    case gateway::MemberAct::kGrant: TRY(control::grant_all(tx, members, wish.amount, wish.text, once, {wish.expires.value_or(base::WallTime::never()), wish.types})); break;
    case gateway::MemberAct::kSuspend: TRY(control::suspend(tx, members)); break;
    case gateway::MemberAct::kUnsuspend: TRY(control::unsuspend(tx, members)); break;
    case gateway::MemberAct::kSection: TRY(control::move_section(tx, members, wish.text)); break;
    case gateway::MemberAct::kErase:
      for (const auto& id : members) TRY(control::erase_person(tx, id));
      break;
  }
  return 0;
}

Status nothing_of(const Result<bool>& done) { return done ? Status() : std::unexpected(done.error()); }

control::RosterOptions options_of(const gateway::RosterWish& wish) { return {"", wish.credit, wish.suspend_missing, wish.skip_wrong}; }

gateway::RosterPreview view(const State& state, const control::Roster& roster, const control::RosterPlan& plan) {
  gateway::RosterPreview out;
  const auto rows = [](const std::vector<control::RosterChange>& from, std::vector<gateway::RosterPreview::Row>& to) {
    for (std::size_t i = 0; i < from.size() && i < kShown; ++i) {
      const auto& row = from[i].row;
      to.push_back({row.line, row.name, row.identifier, row.mail, row.section, from[i].what});
    }
    return static_cast<std::int64_t>(from.size());
  };
  out.fresh_count = rows(plan.fresh, out.fresh);
  out.changed_count = rows(plan.changed, out.changed);
  out.unchanged = plan.unchanged;
  out.missing_count = static_cast<std::int64_t>(plan.missing.size());
  for (std::size_t i = 0; i < plan.missing.size() && i < kShown; ++i) {
    const auto* account = state.find<domain::Account>(plan.missing[i]);
    const auto* person = account ? state.find<domain::Person>(account->person) : nullptr;
    out.missing.push_back(!person ? plan.missing[i].str() : person->name.empty() ? person->identifier : person->name);
  }
  out.wrong_count = static_cast<std::int64_t>(plan.wrong.size());
  for (std::size_t i = 0; i < plan.wrong.size() && i < kShownWrong; ++i)
    out.wrong.push_back({plan.wrong[i].line, plan.wrong[i].column, plan.wrong[i].reason});
  out.ignored_columns = roster.ignored;
  out.digest = plan.digest;
  return out;
}

gateway::CodeView view(const domain::JoinCode& code, base::WallTime now) {
  const char* state = code.revoked ? "ended" : code.expires <= now ? "expired" : code.uses >= code.uses_max ? "used-up" : "usable";
  return {code.code, code.section, code.credit, code.uses, code.uses_max, code.expires, state};
}

gateway::CreditCodeView view(const domain::CreditCode& code, base::WallTime now) {
  gateway::CreditCodeView out{code.code, control::printed_code(code.code), code.amount, code.uses, code.uses_max, code.created, code.expires, {},
                              code.grant_s / 86400, code.only_types, code.label, control::state_of(code, now)};
  if (code.grant_expires != base::WallTime::never()) out.credit_expires = code.grant_expires;
  return out;
}

gateway::LinkView view(const State& state, const domain::CourseLink& link, base::WallTime now) {
  const auto* course = state.find<domain::Course>(link.course);
  const auto* catalogue = course ? domain::catalogue_at(state, *course, now) : nullptr;
  const bool broken = !control::image_of(state, link) || !catalogue || !domain::find_type(*catalogue, link.type);
  return {link.code, link.title, link.image, link.type, link.repository, link.branch, link.path, broken};
}

}  // namespace

awaitable<Result<gateway::MemberPage>> EngineClass::members(base::AccountId staff, gateway::MemberQuery query) {
  const auto actor = console_actor(staff);
  return control::read<gateway::MemberPage>(engine_, actor, [actor, query = std::move(query)](const State& state, base::WallTime now) {
    return member_page(state, now, actor, query);
  });
}

awaitable<Result<gateway::Who>> EngineClass::member(base::AccountId staff, base::AccountId account) {
  const auto actor = console_actor(staff);
  return control::read<gateway::Who>(engine_, actor, [actor, account](const State& state, base::WallTime) -> Result<gateway::Who> {
    TRY_ASSIGN(const auto* row, control::managed_account(state, actor, account));
    const auto* person = state.find<domain::Person>(row->person);
    const auto* course = state.find<domain::Course>(row->course);
    return gateway::Who{account, person ? person->name : "", course ? course->name : "", to_word(row->role)};
  });
}

awaitable<Result<std::vector<gateway::GrantView>>> EngineClass::grants(base::AccountId staff, base::AccountId account) {
  using Views = std::vector<gateway::GrantView>;
  const auto actor = console_actor(staff);
  return control::read<Views>(engine_, actor, [actor, account](const State& state, base::WallTime) -> Result<Views> {
    TRY(control::managed_account(state, actor, account));
    return grants_view(state, account);
  });
}

awaitable<Result<Members>> EngineClass::resolve(base::AccountId staff, gateway::Selection who) {
  if (!who.query) co_return who.accounts;
  const auto actor = console_actor(staff);
  auto found = co_await control::read<Members>(engine_, actor, [actor, query = *who.query](const State& state, base::WallTime now) {
    return found_members(state, now, actor, query);
  });
  if (found && found->empty()) co_return base::fail(base::Fault::kInvalid, "NobodyNamed", "Nobody was found to do that to.");
  co_return found;
}

awaitable<Result<gateway::MemberDone>> EngineClass::act(base::AccountId staff, gateway::MemberWish wish, std::string request_id) {
  const auto members = co_await resolve(staff, wish.who);
  if (!members) co_return std::unexpected(members.error());
  gateway::MemberDone done;
  std::size_t number = 0;
  for (const auto& step : steps_of(*members)) {
    const std::string once = wish.once.empty() ? "" : wish.once + "/" + std::to_string(number++);
    const auto machines = co_await control::run<std::int64_t>(engine_, console_actor(staff, request_id), [wish, step, once](control::Tx& tx) {
      return act_on(tx, wish, step, once);
    });
    if (!machines) co_return std::unexpected(machines.error());
    done.members += static_cast<std::int64_t>(step.size());
    done.machines += *machines;
  }
  co_return done;
}

awaitable<Result<gateway::SignInLinks>> EngineClass::new_links(base::AccountId staff, gateway::Selection who, std::string origin, std::string request_id) {
  const auto members = co_await resolve(staff, std::move(who));
  if (!members) co_return std::unexpected(members.error());
  gateway::SignInLinks out;
  for (const auto& step : steps_of(*members)) {
    const auto made = co_await control::run<gateway::SignInLinks>(
        engine_, console_actor(staff, request_id), [step, origin, first = out.csv.empty()](control::Tx& tx) -> Result<gateway::SignInLinks> {
          TRY_ASSIGN(const auto links, control::new_sign_in_links(tx, step));
          gateway::SignInLinks some;
          std::vector<const domain::Account*> rows;
          std::map<base::AccountId, std::string> urls;
          for (const auto& link : links) {
            const auto* account = tx.state().find<domain::Account>(link.account);
            const auto* person = tx.state().find<domain::Person>(account->person);
            urls[link.account] = origin + "/sign-in#" + link.token;
            rows.push_back(account);
            some.links.push_back({person ? person->name : "", person ? person->identifier : "", urls[link.account]});
          }
          some.csv = roster_csv(tx.state(), rows, [&](const base::AccountId& id) { return urls[id]; });
          if (!first) some.csv.erase(0, some.csv.find('\n') + 1);  // the titles once
          return some;
        });
    if (!made) co_return std::unexpected(made.error());
    out.links.insert(out.links.end(), made->links.begin(), made->links.end());
    out.csv += made->csv;
  }
  co_return out;
}

awaitable<Result<gateway::RosterPreview>> EngineClass::preview_roster(base::AccountId staff, gateway::RosterWish wish) {
  const auto actor = console_actor(staff);
  const auto roster = std::make_shared<const control::Roster>(control::parse_roster(wish.bytes));
  co_return co_await control::read<gateway::RosterPreview>(
      engine_, actor, [actor, roster, options = options_of(wish)](const State& state, base::WallTime) -> Result<gateway::RosterPreview> {
        TRY_ASSIGN(const auto plan, control::plan_roster(state, actor, *roster, options));
        return view(state, *roster, plan);
      });
}

awaitable<Result<gateway::RosterDone>> EngineClass::import_roster(base::AccountId staff, gateway::RosterWish wish, std::string digest, std::string request_id) {
  const auto roster = std::make_shared<const control::Roster>(control::parse_roster(wish.bytes));
  const auto done = co_await import_in_steps(engine_, console_actor(staff, request_id), roster, options_of(wish), digest);
  if (!done) co_return std::unexpected(done.error());
  co_return gateway::RosterDone{done->invited, done->changed, done->suspended};
}

awaitable<Result<std::string>> EngineClass::export_roster(base::AccountId staff) {
  const auto actor = console_actor(staff);
  return control::read<std::string>(engine_, actor, [actor](const State& state, base::WallTime) -> Result<std::string> {
    TRY_ASSIGN(const auto* course, control::managed_course(state, actor, ""));
    return roster_csv(state, by_name(state, control::MemberIndex(state, *course).all()));
  });
}

awaitable<Result<std::vector<gateway::CodeView>>> EngineClass::codes(base::AccountId staff) {
  using Views = std::vector<gateway::CodeView>;
  const auto actor = console_actor(staff);
  return control::read<Views>(engine_, actor, [actor](const State& state, base::WallTime now) -> Result<Views> {
    TRY_ASSIGN(const auto* course, control::managed_course(state, actor, ""));
    Views out;
    for (const auto& [key, code] : state.join_codes)
      if (code->course == course->id) out.push_back(view(*code, now));
    return out;
  });
}

awaitable<Result<gateway::CodeView>> EngineClass::make_code(base::AccountId staff, gateway::CodeWish wish, std::string request_id) {
  return control::run<gateway::CodeView>(engine_, console_actor(staff, std::move(request_id)), [wish](control::Tx& tx) -> Result<gateway::CodeView> {
    TRY_ASSIGN(const auto made, control::make_join_code(tx, {"", wish.section, wish.credit, wish.uses, tx.now().plus_seconds(std::min<std::int64_t>(wish.days, 9999) * 86400)}));
    return view(*made, tx.now());
  });
}

awaitable<Status> EngineClass::end_code(base::AccountId staff, std::string code, std::string request_id) {
  co_return nothing_of(co_await control::run<bool>(engine_, console_actor(staff, request_id), [code](control::Tx& tx) -> Result<bool> {
    TRY(control::revoke_join_code(tx, code));
    return true;
  }));
}

awaitable<Result<std::vector<gateway::CreditCodeView>>> EngineClass::credit_codes(base::AccountId staff) {
  using Views = std::vector<gateway::CreditCodeView>;
  const auto actor = console_actor(staff);
  return control::read<Views>(engine_, actor, [actor](const State& state, base::WallTime now) -> Result<Views> {
    TRY_ASSIGN(const auto* course, control::managed_course(state, actor, ""));
    Views out;
    for (const auto& [key, code] : state.credit_codes)
      if (code->course == course->id) out.push_back(view(*code, now));
    return out;
  });
}

awaitable<Result<std::vector<gateway::CreditCodeView>>> EngineClass::make_credit_codes(base::AccountId staff, gateway::CreditCodeWish wish,
                                                                                       std::string request_id) {
  using Views = std::vector<gateway::CreditCodeView>;
  return control::run<Views>(engine_, console_actor(staff, std::move(request_id)), [wish](control::Tx& tx) -> Result<Views> {
    control::NewCreditCodes request{"", wish.amount, wish.count, wish.uses, tx.now().plus_seconds(std::min<std::int64_t>(wish.days, 9999) * 86400),
                                    {wish.credit_expires.value_or(base::WallTime::never()), wish.types}, wish.credit_days, wish.label};
    TRY_ASSIGN(const auto made, control::make_credit_codes(tx, request));
    Views out;
    for (const auto& code : made) out.push_back(view(*code, tx.now()));
    return out;
  });
}

awaitable<Status> EngineClass::end_credit_codes(base::AccountId staff, std::vector<std::string> codes, std::string request_id) {
  co_return nothing_of(co_await control::run<bool>(engine_, console_actor(staff, request_id), [codes](control::Tx& tx) -> Result<bool> {
    for (const auto& code : codes) TRY(control::end_credit_code(tx, "", code));
    return true;
  }));
}

awaitable<Result<std::vector<gateway::LinkView>>> EngineClass::links(base::AccountId staff) {
  using Views = std::vector<gateway::LinkView>;
  const auto actor = console_actor(staff);
  return control::read<Views>(engine_, actor, [actor](const State& state, base::WallTime now) -> Result<Views> {
    TRY_ASSIGN(const auto* course, control::managed_course(state, actor, ""));
    Views out;
    for (const auto& [key, link] : state.course_links)
      if (link->course == course->id) out.push_back(view(state, *link, now));
    return out;
  });
}

awaitable<Result<gateway::LinkView>> EngineClass::make_link(base::AccountId staff, gateway::LinkView wish, std::string request_id) {
  return control::run<gateway::LinkView>(engine_, console_actor(staff, std::move(request_id)), [wish](control::Tx& tx) -> Result<gateway::LinkView> {
    TRY_ASSIGN(const auto made, control::make_course_link(tx, {"", wish.title, wish.image, wish.type, wish.repository, wish.branch, wish.path}));
    return view(tx.state(), *made, tx.now());
  });
}

awaitable<Status> EngineClass::delete_link(base::AccountId staff, std::string code, std::string request_id) {
  co_return nothing_of(co_await control::run<bool>(engine_, console_actor(staff, request_id), [code](control::Tx& tx) -> Result<bool> {
    TRY(control::delete_course_link(tx, code));
    return true;
  }));
}

}  // namespace stipend::app
