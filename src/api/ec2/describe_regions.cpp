#include "aws/ec2/describe_regions.hpp"

#include <fmt/format.h>

#include "api/ec2/filters.hpp"
#include "api/operation.hpp"

namespace stipend::api {
namespace {

constexpr FilterTable<ec2::Region>::Field kFields[] = {
    {"endpoint", [](const ec2::Region& r, Probe& p) { p(*r.endpoint); }},
    {"opt-in-status", [](const ec2::Region& r, Probe& p) { p(*r.opt_in_status); }},
    {"region-name", [](const ec2::Region& r, Probe& p) { p(*r.region_name); }},
};
constexpr FilterTable<ec2::Region> kFilters{kFields, {}, nullptr};

// There is one region: this server.
Answer<ec2::DescribeRegions> describe_regions(Context context, ec2::DescribeRegions::Request request) {
  CO_TRY_ASSIGN(const auto filter, make_filter(kFilters, request.filters));
  for (const auto& name : request.region_names)
    if (name != context.settings().region)
      co_return fail(Fault::kInvalid, "InvalidParameterValue",
                     fmt::format("Invalid region name: [{}]", name.substr(0, 64)));
  ec2::DescribeRegions::Response response;
  auto& region = response.regions.emplace_back();
  region.region_name = context.settings().region;
  region.endpoint = context.host;
  region.opt_in_status = "opt-in-not-required";
  keep_matching(response.regions, filter);
  co_return response;
}

}  // namespace

extern constinit const Entry kEc2DescribeRegions = entry<ec2::DescribeRegions, describe_regions>();

}  // namespace stipend::api
