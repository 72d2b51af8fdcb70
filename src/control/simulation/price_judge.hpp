// PriceJudge: at which price something must be sold, from docs/design/money.md §2 alone: that of the list which the
// course sells at, at the instant of the start or of the making, and for good. Part of the auditor (auditor.hpp).
#pragma once

#include "domain/invariants.hpp"

namespace stipend::control {

class PriceJudge {
 public:
  // A run, a disk, and an elastic address, in the commit that has it first.
  static domain::Violation run(const domain::Instance& row, const domain::State& state);
  static domain::Violation disk(const domain::Disk& row, const domain::State& state);
  static domain::Violation address(const domain::Address& row, const domain::State& state);
  // A snapshot that was asked for then, in the commit that has it first, when it costs nothing yet, and in the one in which it is whole:
  // what it costs by what it occupies. And what it may cost at most, which is what is reserved for.
  static domain::Violation snapshot(const domain::Disk& row, base::WallTime asked, const domain::State& state);
  static std::int64_t most_of_snapshot(const domain::Disk& row, const domain::State& state);
};

}  // namespace stipend::control
