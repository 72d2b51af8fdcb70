#include "control/commands/course_room.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "control/commands/common.hpp"
#include "control/commands/queue.hpp"
#include "control/commands/room.hpp"

namespace stipend::control {
namespace {

using base::Fault;
using base::Status;
using domain::ClassHours;
using domain::Course;
using domain::Space;

base::Result<Course> find_course(const Tx& tx, const std::string& name_or_id) {
  if (!is_operator(tx.actor()))
    return base::fail(Fault::kDenied, "UnauthorizedOperation", "only the administrator decides what is kept for a course");
  for (const auto& [id, course] : tx.state().courses)
    if (id.str() == name_or_id || course->name == name_or_id) return *course;
  return base::fail(Fault::kNotFound, "NoSuchCourse", fmt::format("there is no course '{}': `stipend course list` shows them", name_or_id));
}

std::string text(const Space& space) { return fmt::format("{:.2f} CPUs and {} MiB", static_cast<double>(space.cpu_milli) / 1000, space.memory_mib); }

// Whether all that is kept fits on the host at every time, with `changed` in place of its row.
Status all_fits(const Tx& tx, const Course& changed) {
  const auto host = total_room(tx.state());
  if (!host) return base::fail(Fault::kUnavailable, "ServiceUnavailable", "the host of the machines is not connected yet; try again in some seconds");
  const auto milli = vcpu_milli(tx.state());
  std::int64_t percent = changed.share_percent;
  std::set<base::WallTime> edges{tx.now()};
  const auto add_edges = [&](const Course& course) {
    for (const auto& hours : course.class_hours)
      edges.insert(std::max(tx.now(), hours.from.plus_seconds(-domain::kKeptBeforeS)));
  };
  add_edges(changed);
  for (const auto& [id, course] : tx.state().courses) {
    if (id == changed.id) continue;
    percent += course->share_percent;
    add_edges(*course);
  }
  if (percent > 100)
    return base::fail(Fault::kInvalid, "TooMuchKept", fmt::format("the shares of all courses would be {} percent; they can be 100 at most", percent));
  for (const auto at : edges) {
    Space kept = domain::kept_for(changed, domain::catalogue_at(tx.state(), changed, at), *host, milli, at);
    for (const auto& [id, course] : tx.state().courses)
      if (id != changed.id) kept += domain::kept_for(*course, domain::catalogue_at(tx.state(), *course, at), *host, milli, at);
    if (!host->space.holds(kept))
      return base::fail(Fault::kInvalid, "TooMuchKept",
                        fmt::format("at {} {} would be kept for courses, and the host has {} for machines", base::to_iso8601(at), text(kept),
                                    text(host->space)));
  }
  return {};
}

void forget_past(Course& course, base::WallTime now) {
  std::erase_if(course.class_hours, [&](const ClassHours& hours) { return hours.to <= now; });
}

Status save(Tx& tx, Course course, const std::string& action, const std::string& what) {
  TRY(all_fits(tx, course));
  tx.audit(action, course.id.str(), what);
  tx.save(std::move(course));
  serve_queue(tx);  // less may be kept now
  return {};
}

}  // namespace

Status set_share(Tx& tx, const std::string& name, std::int64_t percent) {
  TRY_ASSIGN(auto course, find_course(tx, name));
  if (percent < 0 || percent > 100) return base::fail(Fault::kInvalid, "InvalidShare", "a share is from 0 to 100 percent");
  course.share_percent = percent;
  forget_past(course, tx.now());
  return save(tx, std::move(course), "course-share", std::to_string(percent));
}

Status add_class_hours(Tx& tx, const std::string& name, const ClassHours& hours) {
  TRY_ASSIGN(auto course, find_course(tx, name));
  const auto invalid = [](std::string why) { return base::fail(Fault::kInvalid, "InvalidClassHours", std::move(why)); };
  if (!(hours.from < hours.to)) return invalid("class hours end after they begin");
  if (hours.to <= tx.now()) return invalid("these class hours are over");
  if (hours.from.ms_until(hours.to) > kClassHoursLongestS * 1000) return invalid("class hours last 24 hours at most; add each day by itself");
  if (hours.machines < 1 || hours.machines > 100'000) return invalid("the number of machines is from 1 to 100000");
  const auto* type = domain::find_type(*domain::catalogue_at(tx.state(), course, tx.now()), hours.type);
  if (!type || !type->provider.empty()) return invalid(fmt::format("the course has no instance type '{}'", hours.type));
  if (const auto host = total_room(tx.state()); host && type->vcpus > host->cpus)
    return invalid(fmt::format("a {} has {} vCPUs and the host {}", hours.type, type->vcpus, host->cpus));
  forget_past(course, tx.now());
  if (course.class_hours.size() >= kClassHoursMost) return invalid(fmt::format("a course has {} class hours at most", kClassHoursMost));
  const auto same = [&](const ClassHours& other) { return other.from == hours.from && other.type == hours.type; };
  if (std::ranges::any_of(course.class_hours, same))
    return base::fail(Fault::kConflict, "ClassHoursExist", fmt::format("{} are kept from then already; remove that first", hours.type));
  course.class_hours.push_back(hours);
  std::ranges::sort(course.class_hours, {}, [](const ClassHours& h) { return std::pair(h.from, h.type); });
  return save(tx, std::move(course), "class-hours", base::to_iso8601(hours.from));
}

Status remove_class_hours(Tx& tx, const std::string& name, base::WallTime from) {
  TRY_ASSIGN(auto course, find_course(tx, name));
  if (std::erase_if(course.class_hours, [&](const ClassHours& hours) { return hours.from == from; }) == 0)
    return base::fail(Fault::kNotFound, "NoSuchClassHours", fmt::format("no class hours of {} begin at {}", course.name, base::to_iso8601(from)));
  tx.audit("remove-class-hours", course.id.str(), base::to_iso8601(from));
  tx.save(std::move(course));
  serve_queue(tx);
  return {};
}

std::vector<CourseRoom> course_rooms(const domain::State& state, base::WallTime now) {
  std::vector<CourseRoom> out;
  std::map<base::CourseId, Space> used;
  for (const auto& id : state.with_run) {
    const auto& instance = *state.find<domain::Instance>(id);
    used[state.find<domain::Account>(instance.account)->course] += {instance.run->cpu_milli, instance.run->memory_mib};
  }
  const auto room = room_now(state, now);
  for (const auto& [id, course] : state.courses) {
    CourseRoom one{id, {}, used[id], {}};
    if (room) {
      if (const auto kept = room->kept.find(id); kept != room->kept.end()) one.kept = kept->second;
      one.missing = room->missing(id);
    }
    out.push_back(one);
  }
  return out;
}

std::vector<std::string> broken_reservations(const domain::State& state, base::WallTime now) {
  std::vector<std::string> out;
  const auto host = total_room(state);
  if (!host) return out;
  Space in_all;
  for (const auto& one : course_rooms(state, now)) {
    in_all += one.kept;
    if (one.missing != Space{})
      out.push_back(fmt::format("{} is promised {} and {} of it cannot be given now: machines of others that began earlier run in it",
                                state.find<Course>(one.course)->name, text(one.kept), text(one.missing)));
  }
  if (!host->space.holds(in_all))
    out.push_back(fmt::format("{} is kept for courses now, more than the {} that the host has for machines", text(in_all), text(host->space)));
  return out;
}

}  // namespace stipend::control
