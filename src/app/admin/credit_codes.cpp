// credit-code.create, credit-code.list, credit-code.end
#include <algorithm>
#include <tuple>

#include "app/admin/terms.hpp"
#include "control/await.hpp"
#include "control/commands/credit_codes.hpp"

namespace stipend::app {
namespace {

using boost::asio::awaitable;
using Rows = std::vector<domain::RowPtr<domain::CreditCode>>;

constexpr std::int64_t kDay = 86400;

Json to_json(const domain::CreditCode& code, base::WallTime now) {
  return {{"code", code.code},
          {"printed", control::printed_code(code.code)},
          {"amount", base::to_decimal(code.amount)},
          {"uses", code.uses},
          {"uses_max", code.uses_max},
          {"expires", base::to_iso8601(code.expires)},
          {"credit_expires", code.grant_expires == base::WallTime::never() ? Json(nullptr) : Json(base::to_iso8601(code.grant_expires))},
          {"credit_days", code.grant_s == 0 ? Json(nullptr) : Json(code.grant_s / kDay)},
          {"types", code.only_types},
          {"label", code.label},
          {"state", control::state_of(code, now)}};
}

Json answer(const AdminContext& context, const std::string& course, const Rows& rows, base::WallTime now) {
  Json codes = Json::array();
  for (const auto& row : rows) codes.push_back(to_json(*row, now));
  return {{"course", course}, {"address", context.address.origin()}, {"codes", std::move(codes)}};
}

awaitable<JsonResult> create(AdminContext& context, control::Actor actor, Json arguments) {
  co_return co_await control::run<Json>(context.engine(), std::move(actor), [arguments, &context](control::Tx& tx) -> JsonResult {
    control::NewCreditCodes request;
    TRY_ASSIGN(request.course, text(arguments, "course"));
    TRY_ASSIGN(request.amount, money(arguments, "amount"));
    TRY_ASSIGN(request.count, whole_number(arguments, "count", 1));
    TRY_ASSIGN(request.uses, whole_number(arguments, "uses", 1));
    TRY_ASSIGN(request.grant_days, whole_number(arguments, "grant_days", 0));
    TRY_ASSIGN(request.terms, terms_of(arguments));
    request.label = text_or(arguments, "label", "");
    request.expires = std::min(tx.now().plus_seconds(30 * kDay), request.terms.expires);
    if (arguments.contains("codes_expire")) {
      TRY_ASSIGN(const auto at, text(arguments, "codes_expire"));
      TRY_ASSIGN(request.expires, base::parse_iso8601(at));
    }
    TRY_ASSIGN(const auto made, control::make_credit_codes(tx, request));
    return answer(context, tx.state().find<domain::Course>(made.front()->course)->name, made, tx.now());
  });
}

awaitable<JsonResult> list(AdminContext& context, control::Actor actor, Json arguments) {
  const auto course = text(arguments, "course");
  if (!course) co_return std::unexpected(course.error());
  const control::Actor asker = actor;
  co_return co_await control::read<Json>(
      context.engine(), std::move(actor), [course = *course, asker, &context](const domain::State& state, base::WallTime now) -> JsonResult {
        TRY_ASSIGN(const auto* found, control::managed_course(state, asker, course));
        Rows rows;
        for (const auto& [key, code] : state.credit_codes)
          if (code->course == found->id) rows.push_back(code);
        std::ranges::sort(rows, {}, [](const auto& row) { return std::tuple(row->created, row->label, row->code); });
        return answer(context, found->name, rows, now);
      });
}

awaitable<JsonResult> end(AdminContext& context, control::Actor actor, Json arguments) {
  const auto course = text(arguments, "course");
  if (!course) co_return std::unexpected(course.error());
  const auto code = text_or(arguments, "code", "");
  const auto label = text_or(arguments, "label", "");
  if (code.empty() == label.empty()) co_return base::fail(base::Fault::kInvalid, "MissingArgument", "name a code or a label");
  co_return co_await control::run<Json>(context.engine(), std::move(actor), [=, course = *course](control::Tx& tx) -> JsonResult {
    TRY_ASSIGN(const auto ended, code.empty() ? control::end_credit_codes(tx, course, label) : control::end_credit_code(tx, course, code));
    return Json{{"ended", ended}};
  });
}

constexpr AdminCommand kCommands[] = {{"credit-code.create", create}, {"credit-code.list", list}, {"credit-code.end", end}};

}  // namespace

std::span<const AdminCommand> credit_code_commands() { return kCommands; }

}  // namespace stipend::app
