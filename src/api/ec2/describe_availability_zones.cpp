#include "aws/ec2/describe_availability_zones.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "api/ec2/filters.hpp"
#include "api/ec2/names.hpp"
#include "api/operation.hpp"

namespace stipend::api {
namespace {

using Zone = ec2::AvailabilityZone;

constexpr FilterTable<Zone>::Field kFields[] = {
    {"group-name", [](const Zone& z, Probe& p) { p(*z.group_name); }},
    {"opt-in-status", [](const Zone& z, Probe& p) { p(*z.opt_in_status); }},
    {"region-name", [](const Zone& z, Probe& p) { p(*z.region_name); }},
    {"state", [](const Zone& z, Probe& p) { p(*z.state); }},
    {"zone-id", [](const Zone& z, Probe& p) { p(*z.zone_id); }},
    {"zone-name", [](const Zone& z, Probe& p) { p(*z.zone_name); }},
    {"zone-type", [](const Zone& z, Probe& p) { p(*z.zone_type); }},
};
constexpr std::string_view kUnset[] = {"group-long-name", "message", "parent-zone-id", "parent-zone-name"};
constexpr FilterTable<Zone> kFilters{kFields, kUnset, nullptr};

Zone to_zone(const Settings& settings, const std::string& name) {
  Zone zone;
  zone.zone_name = name;
  zone.zone_id = zone_id(settings, name);
  zone.region_name = settings.region;
  zone.group_name = settings.region;
  zone.network_border_group = settings.region;
  zone.zone_type = "availability-zone";
  zone.opt_in_status = "opt-in-not-required";
  zone.state = "available";
  return zone;
}

bool named(const std::vector<std::string>& names, const std::optional<std::string>& name) {
  return names.empty() || std::ranges::find(names, *name) != names.end();
}

Answer<ec2::DescribeAvailabilityZones> describe_availability_zones(
    Context context, ec2::DescribeAvailabilityZones::Request request) {
  CO_TRY_ASSIGN(const auto filter, make_filter(kFilters, request.filters));
  const auto& settings = context.settings();
  for (const auto& name : request.zone_names)
    if (std::ranges::find(settings.zones, name) == settings.zones.end())
      co_return fail(Fault::kInvalid, "InvalidParameterValue",
                     fmt::format("Invalid availability zone: [{}]", name.substr(0, 64)));
  ec2::DescribeAvailabilityZones::Response response;
  for (const auto& name : settings.zones) {
    auto zone = to_zone(settings, name);
    if (named(request.zone_names, zone.zone_name) && named(request.zone_ids, zone.zone_id) &&
        filter.matches(zone))
      response.availability_zones.push_back(std::move(zone));
  }
  co_return response;
}

}  // namespace

extern constinit const Entry kEc2DescribeAvailabilityZones =
    entry<ec2::DescribeAvailabilityZones, describe_availability_zones>();

}  // namespace stipend::api
