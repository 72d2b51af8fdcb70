// Settle: what a run costs in all, once its final report is there (or its host is known to be gone).
#pragma once

#include "domain/rows.hpp"

namespace stipend::domain {

struct RunEnd {
  RunSeconds ran;          // of the final report, or the last record of a run that vanished
  bool broken = false;     // the platform's fault: enforcer or host vanished
  bool start_failed = false;
};

struct Settlement {
  RunSeconds charged_until;
  Money by_plan;           // what the plan charges for it
  Money total;             // what is charged; less than by_plan after a fault, the rest is given back as an entry
};

// charge = C(min(ran, held, a person's stop)). Broken: per second to the last instant known alive. Failed: nothing.
Settlement settle(const Run& run, const RunEnd& end);

}  // namespace stipend::domain
