// The queue for room: in which order places get their turn, and when that may be. Pure.
//
// Turns go round the courses by their weight: the course that uses the smallest part of the host for its weight is next.
// In a course the person who runs fewest machines is next, and among those who came first. Every fourth turn is the
// one of whoever has waited longest of all, so that nobody waits for ever however many others come.
// A place whose machine does not fit yet is passed over, kPassedMost times; then it goes to the front and room is held
// for it: large machines get in, and block nobody before that.
#pragma once

#include <vector>

#include "domain/room.hpp"

namespace stipend::domain {

inline constexpr std::int64_t kPassedMost = 8;
inline constexpr std::int64_t kOldestEvery = 4;

// A place as the rule sees it.
struct Waiting {
  std::string id;
  AccountId account;
  CourseId course;
  Space space;
  WallTime since;
  std::int64_t passed = 0;  // times that others began before it because it did not fit
  bool refused = false;     // its turn came and something else than room was missing: it waits behind the others
};

struct Crowd {
  Space host;
  std::map<CourseId, Space> used;             // by the runs of each course
  std::map<CourseId, std::int64_t> weight;    // at least 1
  std::map<AccountId, std::int64_t> running;  // machines of each account
  std::int64_t turns = 0;                     // that the queue has given so far
};
// A course's share is its weight; courses without one divide evenly what no course has.
std::map<CourseId, std::int64_t> weights_of(const std::map<CourseId, std::int64_t>& share_percents);

// Indexes into `places`, next first.
std::vector<std::size_t> turn_order(const std::vector<Waiting>& places, const Crowd& crowd);

// When a place's turn may come; never a promise.
struct Estimate {
  enum class Kind : std::uint8_t { kUnknown, kAbout, kBy } kind = Kind::kUnknown;
  std::int64_t minutes = 0;  // kAbout, from now
  WallTime at;               // kBy: what must end has ended then at the latest
  bool operator==(const Estimate&) const = default;
};
// Room that is known to come free.
struct Freeing {
  WallTime at;
  Space space;
};
// `ahead`: the space of all places before it; `own`: its own; `served`: when the queue last gave turns, oldest first.
Estimate estimate(std::size_t position, const Space& free, const Space& ahead, const Space& own, const std::vector<Freeing>& freeing,
                  const std::vector<WallTime>& served, WallTime now);
// "about 10 minutes", "after 15:30 UTC at the latest", "not known yet"
std::string to_words(const Estimate& estimate);
// "1st", "2nd", "11th"
std::string ordinal(std::size_t n);

}  // namespace stipend::domain
