#include "aws/ce/get_dimension_values.hpp"

#include "api/billing/json_scope.hpp"
#include "api/billing/read_costs.hpp"
#include "api/ce/billing_view.hpp"
#include "api/ce/expression.hpp"
#include "api/ce/period.hpp"
#include "api/ce/values.hpp"
#include "api/operation.hpp"

namespace stipend::api {
namespace {

// The values that costs have in the period; of an account its holder's name beside, as on AWS.
Answer<ce::GetDimensionValues> get_dimension_values(Context context, ce::GetDimensionValues::Request request) {
  const ValuesWish wish{request.search_string, request.sort_by, std::exchange(request.max_results, std::nullopt),
                        std::exchange(request.next_page_token, std::nullopt)};
  const auto hash = json_request_hash<ce::GetDimensionValues>(request);
  CO_TRY_ASSIGN(const auto period, past_period(*request.time_period, "DAILY", context.parts->clock.wall()));
  CO_TRY(check_dimension(*request.dimension, "Dimension"));
  if (request.filter) CO_TRY(check(*request.filter));
  CO_TRY(check_billing_view(context, request.billing_view_arn));
  std::map<std::string, CostSum> values;
  std::map<std::string, std::string> holders;
  const bool costs = request.context.value_or("COST_AND_USAGE") == "COST_AND_USAGE";  // nothing is reserved here
  const CostWish read{.from = period.from, .until = period.until,
                      .by_subject = needs_subject(*request.dimension) || (request.filter && needs_subjects(*request.filter))};
  if (costs)
    CO_TRY((co_await read_costs(context, read, [&](const Cost& cost) {
      if (request.filter && !matches(*request.filter, cost)) return;
      values[dimension_of(*request.dimension, cost)].add(cost.line);
      if (*request.dimension == "LINKED_ACCOUNT") holders.try_emplace(cost.line.account.str(), cost.holder);
    })));
  CO_TRY_ASSIGN(auto page, cut_values(values, wish, *context.cursors, {context.account().view(), context.operation, hash}));
  ce::GetDimensionValues::Response response;
  for (auto& value : page.values) {
    auto& row = response.dimension_values.emplace_back();
    if (const auto holder = holders.find(value); holder != holders.end() && !holder->second.empty())
      row.attributes.push_back({"description", holder->second});
    row.value = std::move(value);
  }
  response.return_size = static_cast<std::int64_t>(page.values.size());
  response.total_size = page.total;
  response.next_page_token = std::move(page.next_token);
  co_return response;
}

}  // namespace

extern constinit const Entry kCeGetDimensionValues = entry<ce::GetDimensionValues, get_dimension_values>();

}  // namespace stipend::api
