// Rosters of a course: preview, import, export, sign-in links for many.
#include <fmt/format.h>

#include <map>

#include "app/admin/admin.hpp"
#include "app/roster_import.hpp"
#include "control/await.hpp"

namespace stipend::app {
namespace {

using boost::asio::awaitable;
using RosterPtr = std::shared_ptr<const control::Roster>;

struct Request {
  RosterPtr roster;
  control::RosterOptions options;
};

base::Result<Request> request_of(const Json& arguments) {
  const auto at = arguments.find("text");
  if (at == arguments.end() || !at->is_string())
    return base::fail(base::Fault::kInvalid, "MissingArgument", "the argument 'text' is missing");
  Request request;
  request.roster = std::make_shared<const control::Roster>(control::parse_roster(at->get_ref<const std::string&>()));
  TRY_ASSIGN(request.options.course, text(arguments, "course"));
  if (!text_or(arguments, "credit", "").empty()) {
    TRY_ASSIGN(request.options.credit, money(arguments, "credit"));
  }
  request.options.suspend_missing = arguments.value("suspend_missing", false);
  request.options.skip_wrong = arguments.value("skip_wrong", false);
  return request;
}

Json row_json(const control::RosterChange& change) {
  const auto& row = change.row;
  Json out{{"line", row.line}, {"name", row.name}, {"identifier", row.identifier}, {"mail", row.mail}, {"section", row.section}};
  if (!change.account.empty()) {
    out["account_id"] = change.account.str();
    out["what"] = change.what;
  }
  return out;
}

awaitable<JsonResult> preview(AdminContext& context, control::Actor actor, Json arguments) {
  const auto request = request_of(arguments);
  if (!request) co_return std::unexpected(request.error());
  const control::Actor asker = actor;
  co_return co_await control::read<Json>(
      context.engine(), std::move(actor), [request = *request, asker](const domain::State& state, base::WallTime) -> JsonResult {
        TRY_ASSIGN(const auto plan, control::plan_roster(state, asker, *request.roster, request.options));
        Json out{{"digest", plan.digest}, {"unchanged", plan.unchanged}};
        Json fresh = Json::array(), changed = Json::array(), missing = Json::array(), wrong = Json::array();
        for (const auto& one : plan.fresh) fresh.push_back(row_json(one));
        for (const auto& one : plan.changed) changed.push_back(row_json(one));
        for (const auto& id : plan.missing) missing.push_back(id.str());
        for (const auto& w : plan.wrong) wrong.push_back({{"line", w.line}, {"column", w.column}, {"reason", w.reason}});
        out["new"] = std::move(fresh);
        out["changed"] = std::move(changed);
        out["missing"] = std::move(missing);
        out["wrong"] = std::move(wrong);
        out["ignored_columns"] = request.roster->ignored;
        return out;
      });
}

awaitable<JsonResult> import(AdminContext& context, control::Actor actor, Json arguments) {
  const auto request = request_of(arguments);
  if (!request) co_return std::unexpected(request.error());
  const auto digest = text(arguments, "digest");
  if (!digest) co_return std::unexpected(digest.error());
  const auto done = co_await import_in_steps(context.engine(), std::move(actor), request->roster, request->options, *digest);
  if (!done) co_return std::unexpected(done.error());
  co_return Json{{"invited", done->invited}, {"changed", done->changed}, {"suspended", done->suspended}};
}

awaitable<JsonResult> export_csv(AdminContext& context, control::Actor actor, Json arguments) {
  const auto course = text(arguments, "course");
  if (!course) co_return std::unexpected(course.error());
  const control::Actor asker = actor;
  co_return co_await control::read<Json>(
      context.engine(), std::move(actor), [course = *course, asker](const domain::State& state, base::WallTime) -> JsonResult {
        TRY_ASSIGN(const auto* found, control::managed_course(state, asker, course));
        return Json{{"csv", roster_csv(state, by_name(state, control::MemberIndex(state, *found).all()))}};
      });
}

// For all who were invited and never came, or everybody.
awaitable<JsonResult> links(AdminContext& context, control::Actor actor, Json arguments) {
  const auto course = text(arguments, "course");
  if (!course) co_return std::unexpected(course.error());
  const bool everybody = arguments.value("everybody", false);
  const auto origin = context.address.origin();
  co_return co_await control::run<Json>(
      context.engine(), std::move(actor), [course = *course, everybody, origin](control::Tx& tx) -> JsonResult {
        TRY_ASSIGN(const auto* found, control::managed_course(tx.state(), tx.actor(), course));
        control::Members members;
        for (const auto* account : by_name(tx.state(), control::MemberIndex(tx.state(), *found).all()))
          if (account->status == domain::AccountStatus::kInvited || (everybody && account->status != domain::AccountStatus::kSuspended))
            members.push_back(account->id);
        Json out{{"csv", ""}, {"links", members.size()}};
        if (members.empty()) return out;
        TRY_ASSIGN(const auto made, control::new_sign_in_links(tx, members));
        std::map<base::AccountId, std::string> tokens;
        for (const auto& link : made) tokens[link.account] = link.token;
        std::vector<const domain::Account*> rows;
        for (const auto& id : members) rows.push_back(tx.state().find<domain::Account>(id));
        out["csv"] = roster_csv(tx.state(), rows, [&](const base::AccountId& id) { return fmt::format("{}/sign-in#{}", origin, tokens[id]); });
        return out;
      });
}

constexpr AdminCommand kCommands[] = {
    {"roster.preview", preview}, {"roster.import", import}, {"roster.export", export_csv}, {"roster.links", links}};

}  // namespace

std::span<const AdminCommand> roster_commands() { return kCommands; }

}  // namespace stipend::app
