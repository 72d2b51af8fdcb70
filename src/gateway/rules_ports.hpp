// What the gateway knows of a course's rules (its policy): what a member may run, when, and what it may cost. The same rules
// as ports.hpp; StaffOnly is the answer to a change by all but staff of the course.
#pragma once

#include "gateway/ports.hpp"

namespace stipend::gateway {

struct Hours {
  WallTime from, to;
};

// Zero and empty: no rule.
struct RulesView {
  std::vector<std::string> types;
  std::int64_t machines = 0, vcpus = 0, disk_gib = 0;
  Money per_day, per_week;
  std::vector<Hours> open, free;             // what is left of them, soonest first: the first 50
  std::size_t open_count = 0, free_count = 0;
  std::optional<WallTime> open_until, free_until;  // end of the last
  bool free_stops = false;
  std::optional<WallTime> ends;
  Money emergency, emergency_total, emergency_given;
  std::vector<std::string> catalogue;        // types that the course sells
  WallTime now;
};

// What is there is changed, all in one step.
struct RulesWish {
  std::optional<std::vector<std::string>> types;
  std::optional<std::int64_t> machines, vcpus, disk_gib;
  std::optional<Money> per_day, per_week, emergency, emergency_total;
  std::optional<bool> free_stops;
  std::optional<WallTime> ends;              // never(): no end
  bool no_open = false, no_free = false;     // takes all hours of the kind away, before the new ones
  std::string open, free;                    // hours to add, as people write them (docs/class.md)
  std::string zone;                          // whose clocks those are
};

class RulesPorts {
 public:
  virtual ~RulesPorts() = default;
  virtual awaitable<base::Result<RulesView>> rules(base::AccountId account) = 0;
  virtual awaitable<base::Result<RulesView>> change(base::AccountId staff, RulesWish wish, std::string request_id) = 0;
};

}  // namespace stipend::gateway
