#include "domain/queue.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <numeric>

namespace stipend::domain {
namespace {

constexpr std::int64_t kServedWindowMs = 30 * 60'000;
constexpr std::size_t kServedLeast = 3;
constexpr std::int64_t kMinutesMost = 12 * 60;  // further ahead nobody can tell

// The larger of the two parts of the host, in millionths.
std::int64_t part_of(const Space& host, const Space& used) {
  const auto part = [](std::int64_t of, std::int64_t whole) {
    return static_cast<std::int64_t>(static_cast<__int128>(of) * 1'000'000 / std::max<std::int64_t>(1, whole));
  };
  return std::max(part(used.cpu_milli, host.cpu_milli), part(used.memory_mib, host.memory_mib));
}

struct CourseLine {
  std::int64_t weight = 1;
  Space used;
  std::deque<std::size_t> places;  // next first
};

bool older(const Waiting& a, const Waiting& b) { return std::tie(a.since, a.id) < std::tie(b.since, b.id); }

}  // namespace

std::map<CourseId, std::int64_t> weights_of(const std::map<CourseId, std::int64_t>& share_percents) {
  std::int64_t given = 0, without = 0;
  for (const auto& [course, percent] : share_percents) {
    given += percent;
    without += percent == 0;
  }
  std::map<CourseId, std::int64_t> weights;
  // In hundredths of a percent, so that many courses without a share still differ from none.
  const auto even = without > 0 ? std::max<std::int64_t>(1, std::max<std::int64_t>(0, 100 - given) * 100 / without) : 1;
  for (const auto& [course, percent] : share_percents) weights[course] = percent > 0 ? percent * 100 : even;
  return weights;
}

std::vector<std::size_t> turn_order(const std::vector<Waiting>& places, const Crowd& crowd) {
  std::vector<std::size_t> by_age(places.size());
  std::iota(by_age.begin(), by_age.end(), 0);
  std::ranges::sort(by_age, [&](auto a, auto b) { return older(places[a], places[b]); });

  std::vector<std::size_t> order, refused;
  std::vector<bool> taken(places.size());
  std::map<CourseId, CourseLine> lines;
  std::vector<std::int64_t> machines(places.size());  // that the account would run before this place's turn
  std::map<AccountId, std::int64_t> running = crowd.running;
  const auto line_of = [&](const CourseId& course) -> CourseLine& {
    const auto [at, made] = lines.try_emplace(course);
    if (!made) return at->second;
    if (const auto weight = crowd.weight.find(course); weight != crowd.weight.end()) at->second.weight = std::max<std::int64_t>(1, weight->second);
    if (const auto used = crowd.used.find(course); used != crowd.used.end()) at->second.used = used->second;
    return at->second;
  };
  for (const auto i : by_age) {
    const auto& place = places[i];
    machines[i] = running[place.account]++;
    if (place.refused) {
      refused.push_back(i);
      taken[i] = true;
    } else if (place.passed >= kPassedMost) {
      order.push_back(i);
      taken[i] = true;
      line_of(place.course).used += place.space;
    } else {
      line_of(place.course).places.push_back(i);
    }
  }
  for (auto& [course, line] : lines)
    std::ranges::sort(line.places, [&](auto a, auto b) {
      return machines[a] != machines[b] ? machines[a] < machines[b] : older(places[a], places[b]);
    });

  auto oldest = by_age.begin();
  while (order.size() + refused.size() < places.size()) {
    std::size_t next = 0;
    if ((crowd.turns + static_cast<std::int64_t>(order.size())) % kOldestEvery == kOldestEvery - 1) {
      while (taken[*oldest]) ++oldest;
      next = *oldest;
    } else {
      const CourseLine* best = nullptr;
      for (auto& [course, line] : lines) {
        while (!line.places.empty() && taken[line.places.front()]) line.places.pop_front();
        if (line.places.empty()) continue;
        if (!best) {
          best = &line;
          continue;
        }
        const auto mine = static_cast<__int128>(part_of(crowd.host, line.used)) * best->weight;
        const auto theirs = static_cast<__int128>(part_of(crowd.host, best->used)) * line.weight;
        if (mine < theirs || (mine == theirs && older(places[line.places.front()], places[best->places.front()]))) best = &line;
      }
      next = best->places.front();
    }
    taken[next] = true;
    lines.at(places[next].course).used += places[next].space;
    order.push_back(next);
  }
  order.insert(order.end(), refused.begin(), refused.end());
  return order;
}

Estimate estimate(std::size_t position, const Space& free, const Space& ahead, const Space& own, const std::vector<Freeing>& freeing,
                  const std::vector<WallTime>& served, WallTime now) {
  std::vector<WallTime> recent;
  for (const auto& at : served)
    if (at.ms_until(now) <= kServedWindowMs) recent.push_back(at);
  if (recent.size() >= kServedLeast) {
    const auto each_ms = recent.front().ms_until(now) / static_cast<std::int64_t>(recent.size());
    auto minutes = (each_ms * static_cast<std::int64_t>(position + 1) + 59'999) / 60'000;
    if (minutes > 10) minutes = (minutes + 4) / 5 * 5;
    if (minutes <= kMinutesMost) return {Estimate::Kind::kAbout, std::max<std::int64_t>(1, minutes), {}};
  }
  auto ends = freeing;
  std::ranges::sort(ends, {}, &Freeing::at);
  Space have = free;
  const Space need = ahead + own;
  for (const auto& end : ends) {
    have += end.space;
    if (end.at.ms > now.ms + kMinutesMost * 60'000) break;
    if (have.holds(need)) return {Estimate::Kind::kBy, 0, end.at};
  }
  return {};
}

std::string to_words(const Estimate& e) {
  if (e.kind == Estimate::Kind::kBy) return fmt::format("at {} UTC at the latest", base::to_iso8601(e.at).substr(11, 5));
  if (e.kind == Estimate::Kind::kUnknown) return "not known yet";
  if (e.minutes == 1) return "about a minute";
  if (e.minutes <= 120) return fmt::format("about {} minutes", e.minutes);
  return fmt::format("about {} hours", (e.minutes + 59) / 60);
}

std::string ordinal(std::size_t n) {
  const auto tens = n % 100, ones = n % 10;
  const char* end = tens >= 11 && tens <= 13 ? "th" : ones == 1 ? "st" : ones == 2 ? "nd" : ones == 3 ? "rd" : "th";
  return fmt::format("{}{}", n, end);
}

}  // namespace stipend::domain
