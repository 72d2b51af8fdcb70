// What a piece of homework will cost before anybody starts it: the same functions that charge (charge.hpp, storage.hpp)
// over a planned use. Pure.
#pragma once

#include "domain/catalogue.hpp"

namespace stipend::domain {

// One student's planned use. The time is shared evenly by the starts; each start is charged for itself.
struct Homework {
  Price machine;             // an hour
  std::int64_t seconds = 0;  // of running, in all starts together
  std::int64_t starts = 1;
  Price disk;                // of the whole disk, an hour; 0: none that is paid
  std::int64_t disk_s = 0;   // how long the disk exists
  std::int64_t grace_s = 0;  // of the course: what is set aside to keep the disk
};

struct Bill {
  Money machine, disk;
  Money reserve;  // set aside with the disk: not spent, but nobody starts without it
  Money cost() const { return machine + disk; }
  Money credit() const { return cost() + reserve; }  // that a student needs so that nothing stops early
};

Bill bill_of(const Homework& homework, RatePlan plan);

}  // namespace stipend::domain
