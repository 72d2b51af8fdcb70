// Time periods of Cost Explorer: [Start, End), days or hours of UTC, and how they are cut into results. Pure.
// "DateInterval" and "Granularity" of the AWS Billing and Cost Management API Reference; the texts of refusals are AWS's where
// they are known.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "aws/ce/shapes/date_interval.hpp"
#include "base/result.hpp"
#include "base/time.hpp"

namespace stipend::api {

enum class Granularity : std::uint8_t { kHourly, kDaily, kMonthly };

struct CostPeriod {
  base::WallTime from, until;
  Granularity granularity = Granularity::kDaily;
};

// Of what was: begins within 14 months (by the hour: 14 days) and not in the future, ends at most with this month.
base::Result<CostPeriod> past_period(const aws::ce::DateInterval& asked, std::string_view granularity, base::WallTime now);
// Of a forecast: begins today or later (or with this month, by the month); three months of days, or a year of months.
base::Result<CostPeriod> future_period(const aws::ce::DateInterval& asked, std::string_view granularity, base::WallTime now);

// One result each; months are cut to the period.
std::vector<CostPeriod> slices(const CostPeriod& period);
// As the period was asked for.
aws::ce::DateInterval interval(const CostPeriod& period);

}  // namespace stipend::api
