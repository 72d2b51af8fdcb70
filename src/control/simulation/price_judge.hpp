// PriceJudge: at which price something must be sold, from docs/design/money.md §2 alone: that of the list which the
// course sells at, at the instant of the start or of the making, and for good. Part of the auditor (auditor.hpp).
#pragma once

#include "domain/invariants.hpp"

namespace stipend::control {

class PriceJudge {
 public:
  // A run, and a disk, in the commit that has it first.
  static domain::Violation run(const domain::Instance& row, const domain::State& state);
  static domain::Violation disk(const domain::Disk& row, const domain::State& state);
};

}  // namespace stipend::control
