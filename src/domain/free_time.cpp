#include "domain/free_time.hpp"

#include <algorithm>

namespace stipend::domain {
namespace {

constexpr std::int64_t kHour = 3600;
constexpr std::int64_t kLeastStartSeconds = 60;
// The two clocks differ by a second or two between looks; that is no reason to write a row.
constexpr std::int64_t kSlackSeconds = 5;

std::int64_t whole_hours_up(std::int64_t seconds) { return (seconds + kHour - 1) / kHour * kHour; }

// Per-hour: how long in the stretch no hour ran that was paid for before.
std::int64_t hourless(const FreeTime& free) {
  const std::int64_t mark = whole_hours_up(free.from->count - free.hour_shift.count);  // where that hour ends
  return std::max<std::int64_t>(0, free.to.count - free.hour_shift.count - mark);
}

// How long the run had lasted, or will have, at `instant`; at least what is posted.
RunSeconds ran_at(const Run& run, WallTime instant) {
  const std::int64_t ran = run.seen_ran.count + run.seen_at->ms_until(instant) / 1000;
  return {std::max(run.posted_ran.count, ran)};
}

// Those that touch or overlap as one, first to last.
std::vector<Window> merged(std::vector<Window> windows) {
  std::ranges::sort(windows, {}, [](const Window& w) { return std::pair(w.from, w.to); });
  std::vector<Window> out;
  for (const auto& w : windows) {
    if (!out.empty() && w.from <= out.back().to) out.back().to = std::max(out.back().to, w.to);
    else out.push_back(w);
  }
  return out;
}

// `passed`: how far the run is known to have come.
FreeTime without_past(const Run& run, FreeTime free, RunSeconds passed) {
  if (!free.from || passed < free.to) return free;
  if (run.plan == RatePlan::kPerHour) free.hour_shift.count += hourless(free);
  free.ran.count += free.to.count - free.from->count;
  free.from.reset();
  return free;
}

}  // namespace

RunSeconds paid_seconds(RatePlan plan, const FreeTime& free, RunSeconds ran) {
  const bool before = !free.from || ran <= *free.from;
  if (plan == RatePlan::kPerSecond) {
    const std::int64_t inside = before ? 0 : std::min(ran, free.to).count - free.from->count;
    return {ran.count - free.ran.count - inside};
  }
  const std::int64_t counted = ran.count - free.hour_shift.count;
  if (before) return {counted};
  if (ran > free.to) return {counted - hourless(free)};
  return {std::min(counted, whole_hours_up(free.from->count - free.hour_shift.count))};
}

std::optional<WallTime> window_end(const std::vector<Window>& windows, WallTime now) {
  for (const auto& window : merged(windows))
    if (window.from <= now && now < window.to) return window.to;
  return {};
}

std::optional<WallTime> next_window(const std::vector<Window>& windows, WallTime now) {
  std::optional<WallTime> next;
  for (const auto& window : windows)
    if (window.from > now && (!next || window.from < *next)) next = window.from;
  return next;
}

namespace {

FreeTime look(const Run& run, FreeTime free, const std::vector<Window>& windows, WallTime now, RunSeconds passed) {
  free = without_past(run, free, passed);
  if (windows.empty() && !free.from) return free;
  if (free.from) {
    // Only by a window that touches it: one that came after a pause is a stretch of its own, once this one is seen to be over.
    const auto end = window_end(windows, std::min(now, free.until));
    const RunSeconds to = ran_at(run, end.value_or(now));
    if (end && to.count > free.to.count + kSlackSeconds) {
      free.to = to;
      free.until = std::max(free.until, *end);
    } else if (to.count < free.to.count - kSlackSeconds) {
      free.to = std::max(to, std::min(free.to, run.held_run_max));
      if (free.to <= *free.from) {  // a clock that jumped had put it into the run's future: it was never entered
        free.to = std::min(free.to, passed);
        free.from.reset();
        free.until = {};
      }
    }
    return free;
  }
  for (const auto& window : merged(windows)) {
    if (window.from > now) break;
    if (window.to <= std::max(free.until, *run.running_since)) continue;
    const RunSeconds from = std::max(ran_at(run, window.from), free.to);
    const RunSeconds to = ran_at(run, window.to);
    if (to <= from) continue;
    free.began_free = free.began_free || from.count <= 0;
    free.from = from;
    free.to = to;
    free.until = window.to;
    break;
  }
  return free;
}

FreeTime free_time(const Run& run, const std::vector<Window>& windows, WallTime now, RunSeconds passed) {
  FreeTime free = run.free;
  if (!run.running_since || !run.seen_at) return free;
  for (std::size_t most = windows.size() + 1; most > 0; --most) {  // several may have passed since somebody looked
    const auto before = free;
    free = look(run, free, windows, now, passed);
    if (free == before) break;
  }
  return free;
}

}  // namespace

FreeTime free_time_at(const Run& run, const std::vector<Window>& windows, WallTime now) {
  return run.charge_until ? run.free : free_time(run, windows, now, run.seen_ran);
}

FreeTime free_time_until(const Run& run, const std::vector<Window>& windows, WallTime now, RunSeconds end) {
  return free_time(run, windows, now, end);
}

FreeTime free_time_of_start(const std::vector<Window>& windows, WallTime now) {
  FreeTime free;
  const auto end = window_end(windows, now);
  if (!end || now.ms_until(*end) / 1000 < kLeastStartSeconds) return free;
  free.began_free = true;
  free.from = RunSeconds{0};
  free.to = {now.ms_until(*end) / 1000};
  free.until = *end;
  return free;
}

}  // namespace stipend::domain
