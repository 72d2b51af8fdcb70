// What students and teachers of a simulated class have in common.
#pragma once

#include <string>
#include <vector>

#include "control/simulation/workload.hpp"

namespace stipend::control {

inline constexpr std::int64_t kMinuteMs = 60'000, kHourMs = 3'600'000, kDayMs = 24 * kHourMs, kWeekMs = 7 * kDayMs;

// A course of a plan, catalogue and home policy that the seed draws, with members who have so much credit (nano-dollars).
struct Class {
  std::string name;
  std::vector<base::AccountId> students;
};
Class make_class(World& world, const std::string& name, std::int64_t students, std::int64_t credit_least, std::int64_t credit_most);

struct Wish {
  std::string type;
  std::int64_t count = 1;        // machines, of which some may not start
  int patience = 8;              // how often it is tried again when the server is away or the machine still stops
  std::string press;             // the page's key; empty: as the AWS API, which does not wait in the queue
  bool asks_for_credit = false;  // when it runs out: the teacher gives a little, some minutes later
};
// Starts the account's stopped machine, or launches one when it has none; nothing when one runs.
void begin_work(World& world, const base::AccountId& account, const Wish& wish);
// Stops (or terminates) whatever of the account runs.
void end_work(World& world, const base::AccountId& account, bool terminates, int patience = 8);
// A grant, or a take-back below zero. Tried once.
void give(World& world, const base::AccountId& account, std::int64_t nano, const char* why);

std::string any_type(World& world, bool cheap);

}  // namespace stipend::control
