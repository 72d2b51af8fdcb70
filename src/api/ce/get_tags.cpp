#include "aws/ce/get_tags.hpp"

#include "api/billing/json_scope.hpp"
#include "api/billing/read_costs.hpp"
#include "api/ce/billing_view.hpp"
#include "api/ce/expression.hpp"
#include "api/ce/period.hpp"
#include "api/ce/values.hpp"
#include "api/operation.hpp"

namespace stipend::api {
namespace {

// The keys of tags, or the values of one: of what cost something in the period. The empty value is that of what is untagged.
Answer<ce::GetTags> get_tags(Context context, ce::GetTags::Request request) {
  const ValuesWish wish{request.search_string, request.sort_by, std::exchange(request.max_results, std::nullopt),
                        std::exchange(request.next_page_token, std::nullopt)};
  const auto hash = json_request_hash<ce::GetTags>(request);
  CO_TRY_ASSIGN(const auto period, past_period(*request.time_period, "DAILY", context.parts->clock.wall()));
  if (request.filter) CO_TRY(check(*request.filter));
  CO_TRY(check_billing_view(context, request.billing_view_arn));
  std::map<std::string, CostSum> values;
  CO_TRY((co_await read_costs(context, {.from = period.from, .until = period.until, .by_subject = true}, [&](const Cost& cost) {
    if (request.filter && !matches(*request.filter, cost)) return;
    if (request.tag_key) {
      const auto* value = tag_of(*request.tag_key, cost);
      values[value ? *value : ""].add(cost.line);
    } else if (cost.subject) {
      for (const auto& [key, value] : cost.subject->tags) values[key].add(cost.line);
    }
  })));
  CO_TRY_ASSIGN(auto page, cut_values(values, wish, *context.cursors, {context.account().view(), context.operation, hash}));
  ce::GetTags::Response response;
  response.return_size = static_cast<std::int64_t>(page.values.size());
  response.total_size = page.total;
  response.tags = std::move(page.values);
  response.next_page_token = std::move(page.next_token);
  co_return response;
}

}  // namespace

extern constinit const Entry kCeGetTags = entry<ce::GetTags, get_tags>();

}  // namespace stipend::api
