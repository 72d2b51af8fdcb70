#include "api/budgets/budget_shape.hpp"

#include <fmt/format.h>

#include <map>
#include <nlohmann/json.hpp>

#include "api/budgets/words.hpp"
#include "api/operation.hpp"
#include "domain/storage.hpp"

namespace stipend::api {
namespace {

using aws::budgets::CostTypes;
using nlohmann::json;

// AWS's "until further notice".
constexpr base::WallTime kAwsNever{3'706'473'600'000};  // 2087-06-15T00:00:00Z

struct CostType {
  const char* name;
  std::optional<bool> CostTypes::*member;
  bool preset;  // what AWS takes when it is not said
};
constexpr CostType kCostTypes[] = {
    {"IncludeTax", &CostTypes::include_tax, true},
    {"IncludeSubscription", &CostTypes::include_subscription, true},
    {"UseBlended", &CostTypes::use_blended, false},
    {"IncludeRefund", &CostTypes::include_refund, true},
    {"IncludeCredit", &CostTypes::include_credit, true},
    {"IncludeUpfront", &CostTypes::include_upfront, true},
    {"IncludeRecurring", &CostTypes::include_recurring, true},
    {"IncludeOtherSubscription", &CostTypes::include_other_subscription, true},
    {"IncludeSupport", &CostTypes::include_support, true},
    {"IncludeDiscount", &CostTypes::include_discount, true},
    {"UseAmortized", &CostTypes::use_amortized, false},
};

std::unexpected<base::Error> refused(std::string why) { return fail(Fault::kInvalid, "InvalidParameterException", std::move(why)); }

base::Status check_served(const aws::budgets::Budget& wanted) {
  if (wanted.budget_type != "COST" && wanted.budget_type != "USAGE")
    return refused(fmt::format("BudgetType {} is not served: there are no reservations and no savings plans here. Served are COST and USAGE.",
                               *wanted.budget_type));
  if (wanted.time_unit == "CUSTOM") return refused("TimeUnit CUSTOM is not served. Served are DAILY, MONTHLY, QUARTERLY and ANNUALLY.");
  if (!wanted.planned_budget_limits.empty()) return refused("PlannedBudgetLimits are not served: give one BudgetLimit for all periods.");
  if (wanted.auto_adjust_data) return refused("AutoAdjustData is not served: give a BudgetLimit.");
  if (wanted.filter_expression) return refused("FilterExpression is not served: filter by CostFilters.");
  if (wanted.billing_view_arn) return refused("BillingViewArn is not served: there is the account's own bill alone.");
  for (const auto& metric : wanted.metrics)
    if (metric != "UnblendedCost" && metric != "UsageQuantity") return refused(fmt::format("The metric {} is not served: costs here are UnblendedCost.", metric));
  if (!wanted.budget_limit) return refused("BudgetLimit is missing.");
  return {};
}

base::Result<std::string> unit_of(const aws::budgets::Budget& wanted) {
  const auto& unit = *wanted.budget_limit->unit;
  if (wanted.budget_type == "COST") {
    if (unit != "USD") return refused("The unit of a COST budget is USD.");
    return unit;
  }
  if (unit != "Hrs" && unit != "Hours") return refused("The unit of a USAGE budget is Hrs: it counts the hours of machines that were charged.");
  return unit;
}

base::Status take_filters(domain::Budget& budget, const aws::budgets::Budget& wanted, const std::string& region) {
  for (const auto& filter : wanted.cost_filters) {
    if (filter.key == "Region")
      for (const auto& value : filter.value)
        if (value != region) return refused(fmt::format("CostFilters: the only Region here is {}.", region));
    budget.filters.push_back({*filter.key, filter.value});
  }
  if (budget.filters.size() > 20) return refused("CostFilters are by 20 dimensions at most.");
  return {};
}

void take_times(domain::Budget& budget, const aws::budgets::Budget& wanted, base::WallTime now) {
  const auto& period = wanted.time_period;
  budget.from = period && period->start ? *period->start : domain::calendar_period(budget.time, now).from;
  budget.until = period && period->end && *period->end < kAwsNever ? *period->end : base::WallTime::never();
}

}  // namespace

base::Result<domain::Budget> to_budget(const aws::budgets::Budget& wanted, const std::string& region, base::WallTime now) {
  TRY(check_served(wanted));
  domain::Budget out;
  out.name = *wanted.budget_name;
  out.kind = wanted.budget_type == "COST" ? domain::BudgetKind::kCost : domain::BudgetKind::kUsage;
  out.time = wanted.time_unit == "DAILY"       ? domain::BudgetTime::kDaily
             : wanted.time_unit == "QUARTERLY" ? domain::BudgetTime::kQuarterly
             : wanted.time_unit == "ANNUALLY"  ? domain::BudgetTime::kAnnually
                                               : domain::BudgetTime::kMonthly;
  TRY_ASSIGN(out.limit, to_amount(*wanted.budget_limit));
  TRY_ASSIGN(out.unit, unit_of(wanted));
  TRY(take_filters(out, wanted, region));
  take_times(out, wanted, now);
  if (wanted.cost_types) {
    json types = json::object();
    for (const auto& type : kCostTypes)
      if (const auto& said = (*wanted.cost_types).*type.member) types[type.name] = *said;
    out.given = json{{"CostTypes", types}}.dump();
  }
  return out;
}

std::vector<aws::budgets::CostFiltersEntry> to_cost_filters(const domain::Budget& budget) {
  std::vector<aws::budgets::CostFiltersEntry> out;
  for (const auto& filter : budget.filters) {
    auto& entry = out.emplace_back();
    entry.key = filter.dimension;
    entry.value = filter.values;
  }
  return out;
}

std::optional<CostTypes> to_cost_types(const domain::Budget& budget) {
  if (budget.kind != domain::BudgetKind::kCost) return std::nullopt;
  const auto given = json::parse(budget.given, nullptr, false);
  const auto said = given.is_object() ? given.value("CostTypes", json::object()) : json::object();
  CostTypes out;
  for (const auto& type : kCostTypes) out.*type.member = said.value(type.name, type.preset);
  return out;
}

aws::budgets::Budget to_aws(const domain::Budget& budget, const std::optional<domain::BudgetFigures>& figures) {
  aws::budgets::Budget out;
  out.budget_name = budget.name;
  out.budget_type = budget.kind == domain::BudgetKind::kCost ? "COST" : "USAGE";
  out.time_unit = time_unit(budget.time);
  out.budget_limit = to_spend(budget.limit, budget.unit);
  out.cost_filters = to_cost_filters(budget);
  out.cost_types = to_cost_types(budget);
  out.time_period = to_aws(domain::BudgetPeriod{budget.from, budget.until == base::WallTime::never() ? kAwsNever : budget.until});
  auto& spend = out.calculated_spend.emplace();
  spend.actual_spend = to_spend(figures ? figures->actual : base::Money{}, budget.unit);
  if (figures && figures->forecast) spend.forecasted_spend = to_spend(*figures->forecast, budget.unit);
  out.last_updated_time = budget.updated;
  return out;
}

}  // namespace stipend::api
