#include "aws/ce/get_cost_forecast.hpp"

#include "api/billing/read_costs.hpp"
#include "api/ce/billing_view.hpp"
#include "api/ce/expression.hpp"
#include "api/ce/period.hpp"
#include "api/operation.hpp"
#include "domain/spend_forecast.hpp"

namespace stipend::api {
namespace {

constexpr std::int64_t kLevel = 80;

// What is asked for from now on: of a period that began, the rest.
std::int64_t ms_to_come(const CostPeriod& period, base::WallTime now) { return std::max(period.from, now).ms_until(period.until); }

Answer<ce::GetCostForecast> get_cost_forecast(Context context, ce::GetCostForecast::Request request) {
  const auto now = context.parts->clock.wall();
  CO_TRY_ASSIGN(const auto period, future_period(*request.time_period, *request.granularity, now));
  if (!request.metric->ends_with("_COST"))
    co_return fail(Fault::kInvalid, "ValidationException",
                   "The metrics of a cost forecast are AMORTIZED_COST, BLENDED_COST, NET_AMORTIZED_COST, NET_UNBLENDED_COST and UNBLENDED_COST.");
  if (request.filter) CO_TRY(check(*request.filter));
  CO_TRY(check_billing_view(context, request.billing_view_arn));
  domain::SpendHistory history(now);
  const CostWish wish{.from = history.from(), .until = history.until(), .by_subject = request.filter && needs_subjects(*request.filter)};
  CO_TRY((co_await read_costs(context, wish, [&](const Cost& cost) {
    if (!request.filter || matches(*request.filter, cost)) history.add(cost.line.from, cost.line.amount);
  })));
  if (!history.is_enough())
    co_return fail(Fault::kConflict, "DataUnavailableException",
                   "Insufficient amount of historical data to generate forecast: it takes three whole days (UTC) since the first cost.");
  const auto level = request.prediction_interval_level.value_or(kLevel);
  ce::GetCostForecast::Response response;
  for (const auto& slice : slices(period)) {
    const auto ms = ms_to_come(slice, now);
    if (ms <= 0) continue;
    const auto part = history.over(ms, level);
    response.forecast_results_by_time.push_back(
        {interval(slice), metric_decimal(part.mean), metric_decimal(part.low), metric_decimal(part.high)});
  }
  response.total = ce::MetricValue{metric_decimal(history.over(ms_to_come(period, now), level).mean), "USD"};
  co_return response;
}

}  // namespace

extern constinit const Entry kCeGetCostForecast = entry<ce::GetCostForecast, get_cost_forecast>();

}  // namespace stipend::api
