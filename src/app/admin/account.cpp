#include <fmt/format.h>

#include "app/admin/admin.hpp"
#include "app/words.hpp"
#include "control/await.hpp"
#include "control/commands/accounts.hpp"
#include "domain/disk_runway.hpp"

namespace stipend::app {
namespace {

using boost::asio::awaitable;

std::string sign_in_url(const AdminContext& context, const std::string& token) {
  return fmt::format("{}/sign-in#{}", context.address.origin(), token);
}

JsonResult account_json(const domain::State& state, const base::AccountId& id, base::WallTime now) {
  const auto* account = state.find<domain::Account>(id);
  if (!account)
    return base::fail(base::Fault::kNotFound, "NoSuchAccount",
                      fmt::format("there is no account {}; `stipend account list` shows them", id.str()));
  const auto* course = state.find<domain::Course>(account->course);
  const auto* person = state.find<domain::Person>(account->person);
  const auto f = control::figures(state, id, now);
  const auto kept = domain::disks_kept_until(state, id, now);
  return Json{{"account_id", id.str()},
              {"name", person ? person->name : ""},
              {"course", course ? course->name : ""},
              {"role", to_word(account->role)},
              {"status", to_word(account->status)},
              {"section", account->section},
              {"identifier", person ? person->identifier : ""},
              {"granted", base::to_decimal(f.granted)},
              {"charged", base::to_decimal(f.charged)},
              {"balance", base::to_decimal(f.balance)},
              {"held", base::to_decimal(f.held)},
              {"reserved", base::to_decimal(f.reserved)},
              {"available", base::to_decimal(f.available)},
              {"some_types_only", base::to_decimal(domain::available_not_for(state, id, {}, now))},
              {"rate_per_hour", base::to_decimal(f.rate_per_hour)},
              {"lasts_until", f.lasts_until ? Json(base::to_iso8601(*f.lasts_until)) : Json(nullptr)},
              {"anything_running", f.anything_running},
              {"disks_kept_until", !kept ? Json(nullptr) : kept == base::WallTime::never() ? Json("always") : Json(base::to_iso8601(*kept))}};
}

awaitable<JsonResult> create(AdminContext& context, control::Actor actor, Json arguments) {
  control::NewAccount request;
  const auto course = text(arguments, "course");
  if (!course) co_return std::unexpected(course.error());
  const auto name = text(arguments, "name");
  if (!name) co_return std::unexpected(name.error());
  const auto credit = money(arguments, "credit");
  if (!credit) co_return std::unexpected(credit.error());
  const auto role = text_or(arguments, "role", "student");
  if (role != "student" && role != "teacher")
    co_return base::fail(base::Fault::kInvalid, "InvalidRole", "a role is student or teacher");
  request.course = *course;
  request.name = *name;
  request.credit = *credit;
  request.identifier = text_or(arguments, "identifier", "");
  request.mail = text_or(arguments, "mail", "");
  request.role = role == "teacher" ? domain::Role::kTeacher : domain::Role::kStudent;
  const auto made = co_await control::run<control::MadeAccount>(
      context.engine(), std::move(actor), [&vault = context.vault, request](control::Tx& tx) { return control::create_account(tx, vault, request); });
  if (!made) co_return std::unexpected(made.error());
  co_return Json{{"account_id", made->account.str()},
                 {"access_key_id", made->access_key_id},
                 {"secret_access_key", made->secret_access_key},
                 {"sign_in_url", sign_in_url(context, made->sign_in_token)}};
}

awaitable<JsonResult> show(AdminContext& context, control::Actor actor, Json arguments) {
  const auto account = id<base::AccountId>(arguments, "account");
  if (!account) co_return std::unexpected(account.error());
  co_return co_await control::read<Json>(
      context.engine(), std::move(actor),
      [account = *account](const domain::State& state, base::WallTime now) { return account_json(state, account, now); });
}

awaitable<JsonResult> list(AdminContext& context, control::Actor actor, Json) {
  co_return co_await control::read<Json>(context.engine(), std::move(actor),
                                         [](const domain::State& state, base::WallTime now) -> JsonResult {
                                           Json out = Json::array();
                                           for (const auto& [id, account] : state.accounts) {
                                             TRY_ASSIGN(auto row, account_json(state, id, now));
                                             out.push_back(std::move(row));
                                           }
                                           return out;
                                         });
}

awaitable<JsonResult> link(AdminContext& context, control::Actor actor, Json arguments) {
  const auto account = id<base::AccountId>(arguments, "account");
  if (!account) co_return std::unexpected(account.error());
  const auto token = co_await control::run<std::string>(
      context.engine(), std::move(actor), [account = *account](control::Tx& tx) { return control::new_sign_in_token(tx, account); });
  if (!token) co_return std::unexpected(token.error());
  co_return Json{{"sign_in_url", sign_in_url(context, *token)}};
}

constexpr AdminCommand kCommands[] = {
    {"account.create", create}, {"account.show", show}, {"account.list", list}, {"account.link", link}};

}  // namespace

std::span<const AdminCommand> account_commands() { return kCommands; }

}  // namespace stipend::app
