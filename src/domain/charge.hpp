// What a run costs: C(t), a cumulative function of how long it ran. Every posting is C(now) - C(posted), so the
// sum of postings never drifts from C, however many there are. Charges round down, holds up.
// Sources of the two rules: docs/design/money.md, "Rate plans".
#pragma once

#include "domain/rows.hpp"

namespace stipend::domain {

// per-second: 60 s minimum, then by the second. per-hour: each started hour in full. 0 s cost nothing.
Money charge_for(RatePlan plan, Price price, RunSeconds ran, base::Rounding rounding);

// The same of a run that was partly in free hours.
Money charge_for(RatePlan plan, Price price, const FreeTime& free, RunSeconds ran, base::Rounding rounding);

// A run that the platform broke: by the second, no minimum, no started hour.
Money charge_for_broken(Price price, const FreeTime& free, RunSeconds ran);

// How long a run that was seen had lasted at an instant of the past, as a posting of then counts it: from what was reported
// since, and at least what is posted.
RunSeconds had_run_at(const Run& run, WallTime instant);

// What the hold still has to cover of a run: what it may cost beyond what is posted.
Money still_held(const Run& run);

// The least a start sells: 60 s or an hour.
RunSeconds first_unit(RatePlan plan);
Money price_of_first_unit(RatePlan plan, Price price);
// The least a running machine can buy next: a second or an hour.
RunSeconds next_unit(RatePlan plan);

}  // namespace stipend::domain
