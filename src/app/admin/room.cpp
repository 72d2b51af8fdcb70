// room.status, queue.list, queue.cancel, course.room, course.hours.*
#include "app/admin/admin.hpp"
#include "control/await.hpp"
#include "control/commands/course_room.hpp"
#include "control/commands/queue.hpp"
#include "control/queue_board.hpp"

namespace stipend::app {
namespace {

using boost::asio::awaitable;

Json to_json(const domain::Space& space) { return {{"cpu_milli", space.cpu_milli}, {"memory_mib", space.memory_mib}}; }

Json to_json(const control::PlaceView& place) {
  Json out{{"place", place.id},
           {"account_id", place.account.str()},
           {"instance_id", place.instance.empty() ? Json(nullptr) : Json(place.instance.str())},
           {"type", place.type},
           {"name", place.name},
           {"since", base::to_iso8601(place.since)},
           {"position", place.position},
           {"refused", place.refused},
           {"estimate", place.refused.empty() ? domain::to_words(place.estimate) : ""}};
  if (place.estimate.kind == domain::Estimate::Kind::kBy) out["by"] = base::to_iso8601(place.estimate.at);
  return out;
}

Json course_json(const domain::State& state, const control::CourseRoom& one) {
  const auto& course = *state.find<domain::Course>(one.course);
  Json hours = Json::array();
  for (const auto& h : course.class_hours)
    hours.push_back({{"from", base::to_iso8601(h.from)}, {"to", base::to_iso8601(h.to)}, {"type", h.type}, {"machines", h.machines}});
  return {{"course_id", one.course.str()}, {"name", course.name},           {"share_percent", course.share_percent},
          {"kept", to_json(one.kept)},     {"used", to_json(one.used)},     {"missing", to_json(one.missing)},
          {"class_hours", hours}};
}

base::Result<Json> one_course(const domain::State& state, base::WallTime now, const std::string& name) {
  for (const auto& one : control::course_rooms(state, now))
    if (one.course.str() == name || state.find<domain::Course>(one.course)->name == name) return course_json(state, one);
  return base::fail(base::Fault::kNotFound, "NoSuchCourse", "there is no course '" + name + "': `stipend course list` shows them");
}

awaitable<JsonResult> room(AdminContext& context, control::Actor actor, Json) {
  co_return co_await control::read<Json>(context.engine(), std::move(actor), [](const domain::State& state, base::WallTime now) -> JsonResult {
    const auto room = control::room_now(state, now);
    if (!room)
      return base::fail(base::Fault::kUnavailable, "ServiceUnavailable", "the host of the machines is not connected yet; try again in some seconds");
    Json courses = Json::array();
    for (const auto& one : control::course_rooms(state, now)) courses.push_back(course_json(state, one));
    return Json{{"host", {{"cpus", room->host.cpus}, {"space", to_json(room->host.space)}, {"disk_free_mib", room->host.disk_free_mib},
                          {"disk_admission", room->host.disk_total_mib > 0 ? "promised" : "real"}, {"disk_total_mib", room->host.disk_total_mib}}},
                {"used", to_json(room->used)},
                {"disks_gib", room->disks_gib},
                {"waiting", state.queue.size()},
                {"courses", courses},
                {"broken_reservations", control::broken_reservations(state, now)}};
  });
}

awaitable<JsonResult> queue(AdminContext& context, control::Actor actor, Json) {
  co_return co_await control::read<Json>(context.engine(), std::move(actor), [](const domain::State& state, base::WallTime now) -> JsonResult {
    Json out = Json::array();
    control::QueueBoard board;
    for (const auto& place : board.all(state, now)) out.push_back(to_json(place));
    return out;
  });
}

awaitable<JsonResult> cancel(AdminContext& context, control::Actor actor, Json arguments) {
  const auto place = text(arguments, "place");
  if (!place) co_return std::unexpected(place.error());
  co_return co_await control::run<Json>(context.engine(), std::move(actor), [place = *place](control::Tx& tx) -> JsonResult {
    TRY(control::leave_queue(tx, place));
    return Json::object();
  });
}

awaitable<JsonResult> course_room(AdminContext& context, control::Actor actor, Json arguments) {
  const auto course = text(arguments, "course");
  if (!course) co_return std::unexpected(course.error());
  std::optional<std::int64_t> share;
  if (const auto at = arguments.find("share"); at != arguments.end()) {
    if (!at->is_number_integer()) co_return base::fail(base::Fault::kInvalid, "InvalidShare", "a share is a whole number of percent");
    share = at->get<std::int64_t>();
  }
  if (!share)
    co_return co_await control::read<Json>(context.engine(), std::move(actor),
                                           [course = *course](const domain::State& state, base::WallTime now) { return one_course(state, now, course); });
  co_return co_await control::run<Json>(context.engine(), std::move(actor), [course = *course, share](control::Tx& tx) -> JsonResult {
    TRY(control::set_share(tx, course, *share));
    return one_course(tx.state(), tx.now(), course);
  });
}

base::Result<base::WallTime> instant(const Json& arguments, const char* name) {
  TRY_ASSIGN(const auto value, text(arguments, name));
  return base::parse_iso8601(value);
}

awaitable<JsonResult> add_hours(AdminContext& context, control::Actor actor, Json arguments) {
  const auto course = text(arguments, "course"), type = text(arguments, "type");
  const auto from = instant(arguments, "from"), to = instant(arguments, "to");
  for (const auto* missing : {&course, &type})
    if (!*missing) co_return std::unexpected(missing->error());
  for (const auto* wrong : {&from, &to})
    if (!*wrong) co_return std::unexpected(wrong->error());
  const auto machines = arguments.find("machines");
  if (machines == arguments.end() || !machines->is_number_integer())
    co_return base::fail(base::Fault::kInvalid, "InvalidClassHours", "the number of machines is a whole number");
  const domain::ClassHours hours{*from, *to, *type, machines->get<std::int64_t>()};
  co_return co_await control::run<Json>(context.engine(), std::move(actor), [course = *course, hours](control::Tx& tx) -> JsonResult {
    TRY(control::add_class_hours(tx, course, hours));
    return one_course(tx.state(), tx.now(), course);
  });
}

awaitable<JsonResult> remove_hours(AdminContext& context, control::Actor actor, Json arguments) {
  const auto course = text(arguments, "course");
  const auto from = instant(arguments, "from");
  if (!course) co_return std::unexpected(course.error());
  if (!from) co_return std::unexpected(from.error());
  co_return co_await control::run<Json>(context.engine(), std::move(actor), [course = *course, from = *from](control::Tx& tx) -> JsonResult {
    TRY(control::remove_class_hours(tx, course, from));
    return one_course(tx.state(), tx.now(), course);
  });
}

constexpr AdminCommand kCommands[] = {{"room", room},
                                      {"queue.list", queue},
                                      {"queue.cancel", cancel},
                                      {"course.room", course_room},
                                      {"course.hours.add", add_hours},
                                      {"course.hours.remove", remove_hours}};

}  // namespace

std::span<const AdminCommand> room_commands() { return kCommands; }

}  // namespace stipend::app
