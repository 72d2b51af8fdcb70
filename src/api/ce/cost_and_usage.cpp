#include "api/ce/cost_and_usage.hpp"

#include <algorithm>

#include "api/billing/json_scope.hpp"
#include "api/billing/read_costs.hpp"
#include "api/ce/billing_view.hpp"
#include "api/ce/expression.hpp"
#include "api/ce/grouping.hpp"
#include "api/ce/period.hpp"
#include "api/ce/result_pages.hpp"
#include "api/operation.hpp"

namespace stipend::api {
namespace {

constexpr std::size_t kRowsAPage = 2000, kGroupsMax = 200'000;

std::unexpected<base::Error> refuse(std::string message) { return fail(Fault::kInvalid, "ValidationException", std::move(message)); }

base::Status check_metrics(const std::vector<std::string>& metrics) {
  if (metrics.empty()) return refuse("Metrics names at least one metric.");
  for (const auto& metric : metrics)
    if (!is_cost_metric(metric))
      return refuse("The metrics are AmortizedCost, BlendedCost, NetAmortizedCost, NetUnblendedCost, NormalizedUsageAmount, UnblendedCost and UsageQuantity.");
  return {};
}

std::vector<ce::MetricsEntry> to_aws(const CostSum& sum, const std::vector<std::string>& metrics) {
  std::vector<ce::MetricsEntry> out;
  for (const auto& name : metrics) {
    if (std::ranges::find(out, name, &ce::MetricsEntry::key) != out.end()) continue;
    auto [amount, unit] = sum.metric(name);
    out.push_back({name, ce::MetricValue{std::move(amount), std::move(unit)}});
  }
  return out;
}

// Which of the periods a moment is in; they follow each other.
std::size_t period_of(const std::vector<CostPeriod>& periods, base::WallTime at) {
  return static_cast<std::size_t>(std::ranges::upper_bound(periods, at, {}, &CostPeriod::from) - periods.begin()) - 1;
}

// Sums by period and group: without groups each period has one, of no keys.
struct Table {
  std::vector<CostPeriod> periods;
  std::vector<Groups> groups;
  std::size_t count = 0;                       // of groups
  std::map<std::string, std::string> holders;  // of the accounts that were seen
};

ce::ResultByTime to_aws(const Table& table, const ResultPart& part, const ce::GetCostAndUsageRequest& request, base::WallTime now) {
  ce::ResultByTime result;
  const auto& period = table.periods[part.period];
  result.time_period = interval(period);
  result.estimated = period.until > now;
  for (const auto* group : part.groups) {
    auto metrics = to_aws(group->second, request.metrics);
    if (group->first.empty()) result.total = std::move(metrics);
    else result.groups.push_back({group->first, std::move(metrics)});
  }
  return result;
}

base::Result<ResultPlace> place_of(const Context& context, const CursorScope& scope, const std::optional<std::string>& token) {
  if (!token) return ResultPlace{};
  const auto text = context.cursors->open(scope, *token);
  const auto place = text ? parse_place(*text) : std::nullopt;
  if (!place) return fail(Fault::kInvalid, "InvalidNextTokenException", "The pagination token is invalid for this request. Try again without one.");
  return *place;
}

// The single machines and disks are told of the last days only, as on AWS.
base::Status check_resources(const CostPeriod& period, base::WallTime now) {
  if (period.from.plus_seconds(15 * 86'400) > now) return {};
  return refuse("Start date is more than 14 days ago. Please adjust start date as we support only 14 days of data with resources.");
}

}  // namespace

awaitable<base::Result<ce::GetCostAndUsageResponse>> cost_and_usage(Context context, ce::GetCostAndUsageRequest request, bool with_resources) {
  const auto token = std::exchange(request.next_page_token, std::nullopt);
  const auto hash = json_request_hash<ce::GetCostAndUsage>(request);
  const CursorScope scope{context.account().view(), context.operation, hash};
  const auto now = context.parts->clock.wall();
  CO_TRY_ASSIGN(const auto period, past_period(*request.time_period, *request.granularity, now));
  if (with_resources) CO_TRY(check_resources(period, now));
  CO_TRY(check_metrics(request.metrics));
  CO_TRY_ASSIGN(const auto grouping, Grouping::of(request.group_by, with_resources));
  if (request.filter) CO_TRY(check(*request.filter, with_resources));
  CO_TRY(check_billing_view(context, request.billing_view_arn));
  CO_TRY_ASSIGN(const auto place, place_of(context, scope, token));

  Table table;
  table.periods = slices(period);
  table.groups.resize(table.periods.size());
  if (grouping.empty())
    for (auto& groups : table.groups) groups[{}];
  const CostWish wish{.from = period.from, .until = period.until, .by_hour = period.granularity == Granularity::kHourly,
                      .by_subject = grouping.needs_subjects() || (request.filter && needs_subjects(*request.filter))};
  CO_TRY((co_await read_costs(context, wish, [&](const Cost& cost) {
    if (request.filter && !matches(*request.filter, cost)) return;
    if (table.count > kGroupsMax) return;
    const auto [group, fresh] = table.groups[period_of(table.periods, cost.line.from)].try_emplace(grouping.keys(cost));
    if (fresh) ++table.count;
    group->second.add(cost.line);
    if (grouping.by_account()) table.holders.try_emplace(cost.line.account.str(), cost.holder);
  })));
  if (table.count > kGroupsMax)
    co_return fail(Fault::kInvalid, "LimitExceededException", "The answer has too many groups; ask for a shorter period, or filter.");

  ce::GetCostAndUsageResponse response;
  response.group_definitions = grouping.definitions();
  const auto page = cut_results(table.groups, place, kRowsAPage);
  for (const auto& part : page.parts) response.results_by_time.push_back(to_aws(table, part, request, now));
  if (page.next) response.next_page_token = context.cursors->seal(scope, to_text(*page.next));
  for (const auto& [account, name] : table.holders)
    if (!name.empty()) response.dimension_value_attributes.push_back({account, {{"description", name}}});
  co_return response;
}

}  // namespace stipend::api
