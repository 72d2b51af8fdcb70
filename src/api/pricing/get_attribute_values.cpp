#include "aws/pricing/get_attribute_values.hpp"

#include <fmt/format.h>

#include <set>

#include "api/billing/json_scope.hpp"
#include "api/operation.hpp"
#include "api/pricing/pages.hpp"
#include "api/pricing/products.hpp"

namespace stipend::api {
namespace {

Answer<pricing::GetAttributeValues> get_attribute_values(Context context, pricing::GetAttributeValues::Request request) {
  const PageRequest paging{std::exchange(request.max_results, std::nullopt), std::exchange(request.next_token, std::nullopt)};
  const auto hash = json_request_hash<pricing::GetAttributeValues>(request);
  CO_TRY(check_service(request.service_code));
  if (std::ranges::find(attribute_names(), *request.attribute_name) == attribute_names().end())
    co_return fail(Fault::kInvalid, "InvalidParameterException", fmt::format("AmazonEC2 has no attribute {}.", request.attribute_name->substr(0, 60)));
  CO_TRY_ASSIGN(const auto list, co_await read_products(context));
  std::set<std::string> distinct;
  for (const auto& product : list.products)
    if (const auto* value = product.attribute(*request.attribute_name)) distinct.insert(*value);
  CO_TRY_ASSIGN(auto page, cut_price_page(std::vector<std::string>(distinct.begin(), distinct.end()), paging, 10'000, *context.cursors,
                                          {context.account().view(), context.operation, hash}, [](const std::string& value) { return value; }));
  pricing::GetAttributeValues::Response response;
  for (auto& value : page.rows) response.attribute_values.push_back({std::move(value)});
  response.next_token = std::move(page.next_token);
  co_return response;
}

}  // namespace

extern constinit const Entry kPricingGetAttributeValues = entry<pricing::GetAttributeValues, get_attribute_values>();

}  // namespace stipend::api
