#include "aws/freetier/get_free_tier_usage.hpp"

#include <fmt/format.h>

#include "api/billing/json_scope.hpp"
#include "domain/billing_words.hpp"
#include "api/freetier/expression.hpp"
#include "api/operation.hpp"
#include "api/pricing/pages.hpp"
#include "domain/free_hours.hpp"

namespace stipend::api {
namespace {

struct Found {
  std::optional<domain::FreeHours> hours;
  base::WallTime now;
};

double hours(std::int64_t nano) { return static_cast<double>(nano) / 1e9; }

freetier::FreeTierUsage to_aws(const domain::FreeHours& used, base::WallTime now, const Settings& settings) {
  freetier::FreeTierUsage out;
  out.service = "Amazon Elastic Compute Cloud";
  out.operation = std::string(domain::kRunOperation);
  out.usage_type = domain::box_usage(settings.region, used.type);
  out.region = settings.region;
  out.actual_usage_amount = hours(used.used_nano);
  out.forecasted_usage_amount = hours(used.by_the_end_nano(now));
  out.limit = static_cast<double>(used.limit);
  out.unit = "Hrs";
  out.description = fmt::format("{} Hrs for free for {} months as part of the free tier ({})", used.limit, used.months, *out.usage_type);
  out.free_tier_type = fmt::format("{} Months Free", used.months);
  return out;
}

Answer<freetier::GetFreeTierUsage> get_free_tier_usage(Context context, freetier::GetFreeTierUsage::Request request) {
  const PageRequest paging{std::exchange(request.max_results, std::nullopt), std::exchange(request.next_token, std::nullopt)};
  const auto hash = json_request_hash<freetier::GetFreeTierUsage>(request);
  if (request.filter) CO_TRY(check(*request.filter));
  CO_TRY_ASSIGN(const auto found, (co_await control::read<Found>(context.engine(), context.actor,
                                                                 [account = context.account()](const domain::State& state, base::WallTime now) {
                                                                   return base::Result<Found>(Found{domain::free_hours(state, account, now), now});
                                                                 })));
  std::vector<freetier::FreeTierUsage> rows;
  if (found.hours) rows.push_back(to_aws(*found.hours, found.now, context.settings()));
  std::erase_if(rows, [&](const freetier::FreeTierUsage& row) { return request.filter && !matches(*request.filter, row); });
  auto page = cut_price_page(std::move(rows), paging, 1000, *context.cursors, {context.account().view(), context.operation, hash},
                             [](const freetier::FreeTierUsage& row) { return *row.usage_type; });
  // This service has no error of its own for a token.
  if (!page) co_return fail(Fault::kInvalid, "ValidationException", page.error().message);
  freetier::GetFreeTierUsage::Response response;
  response.free_tier_usages = std::move(page->rows);
  response.next_token = std::move(page->next_token);
  co_return response;
}

}  // namespace

extern constinit const Entry kFreetierGetFreeTierUsage = entry<freetier::GetFreeTierUsage, get_free_tier_usage>();

}  // namespace stipend::api
