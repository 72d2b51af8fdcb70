#include "aws/ec2/describe_instance_type_offerings.hpp"

#include "api/describe/page.hpp"
#include "api/ec2/filters.hpp"
#include "api/ec2/names.hpp"
#include "api/ec2/types.hpp"
#include "api/operation.hpp"

namespace stipend::api {
namespace {

using Offering = ec2::InstanceTypeOffering;

constexpr FilterTable<Offering>::Field kFields[] = {
    {"instance-type", [](const Offering& o, Probe& p) { p(*o.instance_type); }},
    {"location", [](const Offering& o, Probe& p) { p(*o.location); }},
};
constexpr FilterTable<Offering> kFilters{kFields, {}, nullptr};

std::vector<std::string> locations(const Settings& settings, std::string_view location_type) {
  if (location_type == "availability-zone") return settings.zones;
  if (location_type == "region") return {settings.region};
  std::vector<std::string> ids;
  if (location_type == "availability-zone-id")
    for (const auto& zone : settings.zones) ids.push_back(zone_id(settings, zone));
  return ids;
}

Answer<ec2::DescribeInstanceTypeOfferings> describe_instance_type_offerings(
    Context context, ec2::DescribeInstanceTypeOfferings::Request request) {
  const auto location_type = request.location_type.value_or("region");
  CO_TRY_ASSIGN(const auto filter, make_filter(kFilters, request.filters));
  CO_TRY_ASSIGN(const auto types, co_await read_types(context));
  std::vector<Offering> offerings;
  for (const auto* type : types)
    for (const auto& location : locations(context.settings(), location_type))
      offerings.push_back({type->name, location_type, location});
  keep_matching(offerings, filter);
  const auto key = [](const Offering& offering) {
    return *offering.instance_type + '\0' + *offering.location;
  };
  std::ranges::sort(offerings, {}, key);
  CO_TRY_ASSIGN(auto page, cut_page(std::move(offerings), {request.max_results, request.next_token}, {},
                                    *context.cursors, context.cursor_scope(), key));
  ec2::DescribeInstanceTypeOfferings::Response response;
  response.instance_type_offerings = std::move(page.rows);
  response.next_token = std::move(page.next_token);
  co_return response;
}

}  // namespace

extern constinit const Entry kEc2DescribeInstanceTypeOfferings =
    entry<ec2::DescribeInstanceTypeOfferings, describe_instance_type_offerings>();

}  // namespace stipend::api
