// The outlook of a course.
#include "app/admin/admin.hpp"
#include "app/forecast.hpp"

namespace stipend::app {
namespace {

using boost::asio::awaitable;

Json to_json(const MemberForecast& m) {
  const auto three = [](base::Money low, base::Money middle, base::Money high) {
    return Json{{"low", base::to_decimal(low)}, {"middle", base::to_decimal(middle)}, {"high", base::to_decimal(high)}};
  };
  return {{"account_id", m.account.str()}, {"name", m.name}, {"identifier", m.identifier}, {"section", m.section}, {"left", base::to_decimal(m.left)},
          {"use_a_day", three(m.use.low, m.use.middle, m.use.high)},
          {"short", three(m.outlook.low, m.outlook.middle, m.outlook.high)}};
}

awaitable<JsonResult> forecast(AdminContext& context, control::Actor actor, Json arguments) {
  const auto course = text(arguments, "course");
  if (!course) co_return std::unexpected(course.error());
  const auto when = text(arguments, "until");
  if (!when) co_return std::unexpected(when.error());
  const auto until = base::parse_iso8601(*when);
  if (!until) co_return std::unexpected(until.error());
  std::optional<base::AccountId> after;
  if (!text_or(arguments, "after", "").empty()) {
    const auto parsed = id<base::AccountId>(arguments, "after");
    if (!parsed) co_return std::unexpected(parsed.error());
    after = *parsed;
  }
  const auto page = co_await forecast_page(context.engine(), context.service.store(), std::move(actor), *course, *until, after);
  if (!page) co_return std::unexpected(page.error());
  Json rows = Json::array();
  for (const auto& row : page->rows) rows.push_back(to_json(row));
  co_return Json{{"course", page->course}, {"rows", std::move(rows)}, {"next", page->next ? Json(page->next->str()) : Json(nullptr)}};
}

constexpr AdminCommand kCommands[] = {{"course.forecast", forecast}};

}  // namespace

std::span<const AdminCommand> forecast_commands() { return kCommands; }

}  // namespace stipend::app
