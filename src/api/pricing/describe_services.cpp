#include "aws/pricing/describe_services.hpp"

#include "api/billing/json_scope.hpp"
#include "domain/billing_words.hpp"
#include "api/operation.hpp"
#include "api/pricing/pages.hpp"
#include "api/pricing/products.hpp"

namespace stipend::api {
namespace {

Answer<pricing::DescribeServices> describe_services(Context context, pricing::DescribeServices::Request request) {
  const PageRequest paging{std::exchange(request.max_results, std::nullopt), std::exchange(request.next_token, std::nullopt)};
  const auto hash = json_request_hash<pricing::DescribeServices>(request);
  CO_TRY(check_service(request.service_code));
  CO_TRY(check_format(request.format_version));
  std::vector<pricing::Service> services{{std::string(domain::kServiceCode), attribute_names()}};
  CO_TRY_ASSIGN(auto page, cut_price_page(std::move(services), paging, 100, *context.cursors, {context.account().view(), context.operation, hash},
                                          [](const pricing::Service& service) { return *service.service_code; }));
  pricing::DescribeServices::Response response;
  response.services = std::move(page.rows);
  response.format_version = std::string(kFormatVersion);
  response.next_token = std::move(page.next_token);
  co_return response;
}

}  // namespace

extern constinit const Entry kPricingDescribeServices = entry<pricing::DescribeServices, describe_services>();

}  // namespace stipend::api
