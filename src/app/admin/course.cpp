#include "app/admin/admin.hpp"
#include "app/words.hpp"
#include "control/await.hpp"
#include "control/commands/accounts.hpp"
#include "domain/catalogue.hpp"

namespace stipend::app {
namespace {

using boost::asio::awaitable;

constexpr std::int64_t kDay = 86'400;

Json course_json(const domain::Course& course, base::WallTime now) {
  return {{"course_id", course.id.str()},
          {"name", course.name},
          {"plan", course.plan == domain::RatePlan::kPerHour ? "per-hour" : "per-second"},
          {"catalogue", domain::edition_at(course, now)},
          {"homes", to_word(course.homes)},
          {"home_gib", course.home_gib},
          {"grace_days", course.grace_s / kDay},
          {"created", base::to_iso8601(course.created)}};
}

awaitable<JsonResult> create(AdminContext& context, control::Actor actor, Json arguments) {
  control::NewCourse request;
  auto name = text(arguments, "name");
  if (!name) co_return std::unexpected(name.error());
  request.name = *name;
  const auto plan = text_or(arguments, "plan", "per-second");
  if (plan != "per-second" && plan != "per-hour")
    co_return base::fail(base::Fault::kInvalid, "InvalidPlan", "a plan is per-second or per-hour");
  request.plan = plan == "per-hour" ? domain::RatePlan::kPerHour : domain::RatePlan::kPerSecond;
  request.catalogue = text_or(arguments, "catalogue", request.catalogue);
  const auto homes = homes_of(text_or(arguments, "homes", "keep"));  // AWS's way is `machine`
  if (!homes) co_return std::unexpected(homes.error());
  request.homes = *homes;
  const auto home_gib = whole_number(arguments, "home_gib", request.home_gib);
  if (!home_gib) co_return std::unexpected(home_gib.error());
  request.home_gib = *home_gib;
  const auto grace = whole_number(arguments, "grace_days", request.grace_s / kDay);
  if (!grace) co_return std::unexpected(grace.error());
  if (*grace < 0 || *grace > 366) co_return base::fail(base::Fault::kInvalid, "InvalidGrace", "the grace period is 0 to 366 days");
  request.grace_s = *grace * kDay;
  co_return co_await control::run<Json>(context.engine(), std::move(actor), [request](control::Tx& tx) -> JsonResult {
    TRY_ASSIGN(const auto course, control::create_course(tx, request));
    return course_json(*course, tx.now());
  });
}

awaitable<JsonResult> list(AdminContext& context, control::Actor actor, Json) {
  co_return co_await control::read<Json>(context.engine(), std::move(actor),
                                         [](const domain::State& state, base::WallTime now) -> JsonResult {
                                           Json out = Json::array();
                                           for (const auto& [id, course] : state.courses) out.push_back(course_json(*course, now));
                                           return out;
                                         });
}

constexpr AdminCommand kCommands[] = {{"course.create", create}, {"course.list", list}};

}  // namespace

std::span<const AdminCommand> course_commands() { return kCommands; }

}  // namespace stipend::app
