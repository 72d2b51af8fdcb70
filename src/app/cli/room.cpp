// `stipend room`, `stipend queue`, `stipend course room` and `stipend course hours`.
#include <fmt/format.h>

#include "app/cli/class_time.hpp"
#include "app/cli/parts.hpp"

namespace stipend::app {
namespace {

std::string space(const Json& j) {
  return fmt::format("{:.2f} CPUs, {:.1f} GiB", static_cast<double>(j.value("cpu_milli", std::int64_t{0})) / 1000,
                     static_cast<double>(j.value("memory_mib", std::int64_t{0})) / 1024);
}
bool any(const Json& j) { return j.value("cpu_milli", std::int64_t{0}) > 0 || j.value("memory_mib", std::int64_t{0}) > 0; }

std::string hours_text(const Json& course, const std::string& zone) {
  Json rows = Json::array();
  for (const auto& h : course["class_hours"]) {
    const auto shown = [&](const char* key) {
      const auto at = base::parse_iso8601(h.value(key, ""));
      return at ? to_local(*at, zone) : std::string("-");
    };
    rows.push_back({{"from", shown("from")}, {"to", shown("to")}, {"type", h["type"]}, {"machines", h["machines"].dump()}});
  }
  return to_table(rows, {{"FROM", "from"}, {"TO", "to"}, {"TYPE", "type"}, {"MACHINES", "machines"}});
}

std::string course_text(const Json& j) {
  auto out = fmt::format("Course       {}\nShare        {} % of the host\nKept now     {}\nUsed         {}\n", line(j, "name"),
                         j.value("share_percent", 0), space(j["kept"]), space(j["used"]));
  if (any(j["missing"])) out += fmt::format("Not there    {}   machines of others that began earlier run in it\n", space(j["missing"]));
  return out;
}

std::string room_text(const Json& j) {
  const auto& host = j["host"];
  auto out = fmt::format("Host         {} CPUs; machines may have {}\nUsed         {}\nDisk         {} GiB free, {} GiB promised to disks (admission: {})\nWaiting      {}\n",
                         host.value("cpus", 0), space(host["space"]), space(j["used"]), host.value("disk_free_mib", std::int64_t{0}) / 1024,
                         j.value("disks_gib", std::int64_t{0}), line(host, "disk_admission"), j.value("waiting", 0));
  Json rows = Json::array();
  for (const auto& course : j["courses"])
    rows.push_back({{"name", course["name"]}, {"share", fmt::format("{} %", course.value("share_percent", 0))}, {"kept", space(course["kept"])},
                    {"used", space(course["used"])}, {"missing", any(course["missing"]) ? space(course["missing"]) : "-"}});
  out += "\n" + to_table(rows, {{"COURSE", "name"}, {"SHARE", "share"}, {"KEPT NOW", "kept"}, {"USED", "used"}, {"NOT THERE", "missing"}});
  for (const auto& broken : j["broken_reservations"]) out += "\n" + escape_controls(broken.get<std::string>()) + "\n";
  return out;
}

}  // namespace

void add_room_commands(CLI::App& app, Cli& cli) {
  sub(app, cli, "room", "what the host can still run, and what is kept for whom")->callback([&] {
    cli.ask("room", Json::object(), room_text);
  });

  auto* queue = sub(app, cli, "queue", "machines that wait for room, next first");
  auto& cancelled = option(queue, "--cancel", "take this place (q-…) out of the queue", false);
  queue->callback([&] {
    if (!cancelled.empty())
      return cli.ask("queue.cancel", {{"place", cancelled}}, [](const Json&) { return std::string("Waits no more.\n"); });
    cli.ask("queue.list", Json::object(), [](Json j) {
      for (auto& place : j) {
        place["position"] = place["position"].dump();
        if (!place["refused"].get<std::string>().empty()) place["estimate"] = place["refused"];
        if (place["instance_id"].is_null()) place["instance_id"] = "(launch)";
      }
      return to_table(worded(j, {}, {"since"}), {{"NO", "position"}, {"PLACE", "place"}, {"ACCOUNT", "account_id"}, {"INSTANCE", "instance_id"},
                                                 {"TYPE", "type"}, {"SINCE", "since"}, {"WAIT", "estimate"}});
    });
  });

  auto* course = app.get_subcommand("course");
  auto* room = sub(*course, cli, "room", "the share of the host that only this course may use");
  auto& of = option(room, "NAME", "the course's name or id", true);
  auto& share = option(room, "--share", "percent of the host's room, 0 for none", false);
  room->callback([&] {
    Json arguments{{"course", of}};
    if (!share.empty()) {
      if (share.size() > 3 || share.find_first_not_of("0123456789") != share.npos)
        return cli.fail({base::Fault::kInvalid, "InvalidShare", "a share is a whole number of percent, from 0 to 100"});
      arguments["share"] = std::stoll(share);
    }
    cli.ask("course.room", arguments, course_text);
  });

  auto* hours = sub(*course, cli, "hours", "class hours: when room is kept for how many machines of the course");
  auto& hours_of = option(hours, "NAME", "the course's name or id", true);
  auto& added = option(hours, "--add", "\"2026-12-01 09:55/11:30 t2.medium 44\": date, from/to, type, machines", false);
  auto& removed = option(hours, "--remove", "\"2026-12-01 09:55\": those that begin then", false);
  auto& zone = option(hours, "--zone", "whose clocks these are, like Europe/Berlin; else this computer's", false);
  hours->callback([&] {
    const auto print = [&](const Json& j) { return hours_text(j, zone); };
    if (!added.empty()) {
      const auto written = parse_class_hours(added, zone);
      if (!written) return cli.fail(written.error());
      return cli.ask("course.hours.add", {{"course", hours_of}, {"from", base::to_iso8601(written->from)}, {"to", base::to_iso8601(written->to)},
                                          {"type", written->type}, {"machines", written->machines}}, print);
    }
    if (!removed.empty()) {
      const auto from = parse_local(removed, zone);
      if (!from) return cli.fail(from.error());
      return cli.ask("course.hours.remove", {{"course", hours_of}, {"from", base::to_iso8601(*from)}}, print);
    }
    cli.ask("course.room", {{"course", hours_of}}, print);
  });
}

}  // namespace stipend::app
