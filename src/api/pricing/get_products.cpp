#include "aws/pricing/get_products.hpp"

#include <algorithm>
#include <ranges>

#include "api/billing/json_scope.hpp"
#include "api/operation.hpp"
#include "api/pricing/pages.hpp"
#include "api/pricing/products.hpp"

namespace stipend::api {
namespace {

// A list in ANY_OF and NONE_OF is separated by commas.
bool is_one_of(std::string_view value, std::string_view list) {
  return std::ranges::any_of(std::views::split(list, ','), [&](const auto& part) { return std::string_view(part) == value; });
}

// A product without the attribute matches none but NONE_OF.
bool matches(const pricing::Filter& filter, const Product& product) {
  const auto* value = product.attribute(*filter.field);
  if (*filter.type == "NONE_OF") return !value || !is_one_of(*value, *filter.value);
  if (!value) return false;
  if (*filter.type == "CONTAINS") return value->contains(*filter.value);
  if (*filter.type == "ANY_OF") return is_one_of(*value, *filter.value);
  return *value == *filter.value;
}

Answer<pricing::GetProducts> get_products(Context context, pricing::GetProducts::Request request) {
  const PageRequest paging{std::exchange(request.max_results, std::nullopt), std::exchange(request.next_token, std::nullopt)};
  const auto hash = json_request_hash<pricing::GetProducts>(request);
  CO_TRY(check_service(request.service_code));
  CO_TRY(check_format(request.format_version));
  CO_TRY_ASSIGN(auto list, co_await read_products(context));
  std::erase_if(list.products, [&](const Product& product) {
    return !std::ranges::all_of(request.filters, [&](const pricing::Filter& filter) { return matches(filter, product); });
  });
  CO_TRY_ASSIGN(auto page, cut_price_page(std::move(list.products), paging, 100, *context.cursors, {context.account().view(), context.operation, hash},
                                          [](const Product& product) { return product.sku; }));
  pricing::GetProducts::Response response;
  for (const auto& product : page.rows) response.price_list.push_back(price_list_item(product, list));
  response.format_version = std::string(kFormatVersion);
  response.next_token = std::move(page.next_token);
  co_return response;
}

}  // namespace

extern constinit const Entry kPricingGetProducts = entry<pricing::GetProducts, get_products>();

}  // namespace stipend::api
