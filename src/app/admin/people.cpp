// Members of a course one by one, join codes and course links.
#include <fmt/format.h>

#include <charconv>

#include "app/admin/admin.hpp"
#include "control/await.hpp"
#include "control/commands/join.hpp"
#include "control/commands/links.hpp"

namespace stipend::app {
namespace {

using boost::asio::awaitable;
using MemberCommand = base::Status (*)(control::Tx& tx, const control::Members& members, const Json& arguments);

base::Status suspend(control::Tx& tx, const control::Members& members, const Json&) { return control::suspend(tx, members); }
base::Status unsuspend(control::Tx& tx, const control::Members& members, const Json&) { return control::unsuspend(tx, members); }
base::Status erase(control::Tx& tx, const control::Members& members, const Json&) { return control::erase_person(tx, members.front()); }
base::Status section(control::Tx& tx, const control::Members& members, const Json& arguments) {
  return control::move_section(tx, members, text_or(arguments, "section", ""));
}

template <MemberCommand what>
awaitable<JsonResult> member(AdminContext& context, control::Actor actor, Json arguments) {
  const auto account = id<base::AccountId>(arguments, "account");
  if (!account) co_return std::unexpected(account.error());
  co_return co_await control::run<Json>(context.engine(), std::move(actor), [account = *account, arguments](control::Tx& tx) -> JsonResult {
    TRY(what(tx, {account}, arguments));
    return Json{{"account_id", account.str()}};
  });
}

// "14d", "2026-12-20" (the end of that day, UTC), or an instant.
base::Result<base::WallTime> expiry(const std::string& text, base::WallTime now) {
  if (text.ends_with('d')) {
    int days = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size() - 1, days);
    if (error == std::errc() && end == text.data() + text.size() - 1 && days > 0 && days <= 366) return now.plus_seconds(days * 86400LL);
  }
  if (auto day = base::parse_iso8601(text + "T23:59:59Z"); day) return day;
  if (auto instant = base::parse_iso8601(text); instant) return instant;
  return base::fail(base::Fault::kInvalid, "InvalidExpiry", "an expiry is a number of days like 14d, or a date like 2026-12-20");
}

Json to_json(const AdminContext& context, const domain::JoinCode& code) {
  return {{"code", code.code},
          {"url", fmt::format("{}/join/{}", context.address.origin(), code.code)},
          {"section", code.section},
          {"credit", base::to_decimal(code.credit)},
          {"uses", code.uses},
          {"uses_max", code.uses_max},
          {"expires", base::to_iso8601(code.expires)},
          {"revoked", code.revoked}};
}

awaitable<JsonResult> make_code(AdminContext& context, control::Actor actor, Json arguments) {
  const auto course = text(arguments, "course");
  if (!course) co_return std::unexpected(course.error());
  const auto credit = money(arguments, "credit");
  if (!credit) co_return std::unexpected(credit.error());
  const auto uses_text = text_or(arguments, "uses", "1");
  std::int64_t uses = 0;
  std::from_chars(uses_text.data(), uses_text.data() + uses_text.size(), uses);
  control::NewJoinCode request{*course, text_or(arguments, "section", ""), *credit, uses, {}};
  co_return co_await control::run<Json>(
      context.engine(), std::move(actor), [request, expires = text_or(arguments, "expires", "30d"), &context](control::Tx& tx) mutable -> JsonResult {
        TRY_ASSIGN(request.expires, expiry(expires, tx.now()));
        TRY_ASSIGN(const auto made, control::make_join_code(tx, request));
        return to_json(context, *made);
      });
}

awaitable<JsonResult> list_codes(AdminContext& context, control::Actor actor, Json arguments) {
  const auto course = text(arguments, "course");
  if (!course) co_return std::unexpected(course.error());
  const control::Actor asker = actor;
  co_return co_await control::read<Json>(
      context.engine(), std::move(actor), [course = *course, asker, &context](const domain::State& state, base::WallTime) -> JsonResult {
        TRY_ASSIGN(const auto* found, control::managed_course(state, asker, course));
        Json out = Json::array();
        for (const auto& [key, code] : state.join_codes)
          if (code->course == found->id) out.push_back(to_json(context, *code));
        return out;
      });
}

awaitable<JsonResult> end_code(AdminContext& context, control::Actor actor, Json arguments) {
  const auto code = text(arguments, "code");
  if (!code) co_return std::unexpected(code.error());
  co_return co_await control::run<Json>(context.engine(), std::move(actor), [code = *code](control::Tx& tx) -> JsonResult {
    TRY(control::revoke_join_code(tx, code));
    return Json{{"code", code}};
  });
}

Json to_json(const AdminContext& context, const domain::CourseLink& link) {
  return {{"code", link.code},   {"url", fmt::format("{}/go/{}", context.address.origin(), link.code)},
          {"title", link.title}, {"image", link.image},
          {"type", link.type},   {"repository", link.repository},
          {"branch", link.branch}, {"path", link.path}};
}

awaitable<JsonResult> make_link(AdminContext& context, control::Actor actor, Json arguments) {
  control::NewCourseLink request{text_or(arguments, "course", ""), text_or(arguments, "title", ""), text_or(arguments, "image", ""),
                                 text_or(arguments, "type", ""), text_or(arguments, "repository", ""), text_or(arguments, "branch", ""),
                                 text_or(arguments, "path", "")};
  co_return co_await control::run<Json>(context.engine(), std::move(actor), [request, &context](control::Tx& tx) -> JsonResult {
    TRY_ASSIGN(const auto made, control::make_course_link(tx, request));
    return to_json(context, *made);
  });
}

awaitable<JsonResult> list_links(AdminContext& context, control::Actor actor, Json arguments) {
  const auto course = text(arguments, "course");
  if (!course) co_return std::unexpected(course.error());
  const control::Actor asker = actor;
  co_return co_await control::read<Json>(
      context.engine(), std::move(actor), [course = *course, asker, &context](const domain::State& state, base::WallTime) -> JsonResult {
        TRY_ASSIGN(const auto* found, control::managed_course(state, asker, course));
        Json out = Json::array();
        for (const auto& [key, link] : state.course_links)
          if (link->course == found->id) out.push_back(to_json(context, *link));
        return out;
      });
}

awaitable<JsonResult> delete_link(AdminContext& context, control::Actor actor, Json arguments) {
  const auto code = text(arguments, "code");
  if (!code) co_return std::unexpected(code.error());
  co_return co_await control::run<Json>(context.engine(), std::move(actor), [code = *code](control::Tx& tx) -> JsonResult {
    TRY(control::delete_course_link(tx, code));
    return Json{{"code", code}};
  });
}

constexpr AdminCommand kCommands[] = {
    {"account.suspend", member<suspend>}, {"account.unsuspend", member<unsuspend>}, {"account.erase", member<erase>},
    {"account.section", member<section>}, {"code.create", make_code},               {"code.list", list_codes},
    {"code.end", end_code},               {"link.create", make_link},               {"link.list", list_links},
    {"link.delete", delete_link}};

}  // namespace

std::span<const AdminCommand> people_commands() { return kCommands; }

}  // namespace stipend::app
