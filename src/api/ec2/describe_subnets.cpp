#include "aws/ec2/describe_subnets.hpp"

#include <fmt/format.h>

#include "api/describe/page.hpp"
#include "api/ec2/filters.hpp"
#include "api/ec2/ids.hpp"
#include "api/ec2/names.hpp"
#include "api/ec2/vpc.hpp"

namespace stipend::api {
namespace {

using ec2::Subnet;

const domain::Tags kNoTags;

constexpr FilterTable<Subnet>::Field kFields[] = {
    {"availability-zone", [](const Subnet& s, Probe& p) { p(*s.availability_zone); }},
    {"availabilityZone", [](const Subnet& s, Probe& p) { p(*s.availability_zone); }},
    {"availability-zone-id", [](const Subnet& s, Probe& p) { p(*s.availability_zone_id); }},
    {"available-ip-address-count", [](const Subnet& s, Probe& p) { p(*s.available_ip_address_count); }},
    {"cidr-block", [](const Subnet& s, Probe& p) { p(*s.cidr_block); }},
    {"default-for-az", [](const Subnet&, Probe& p) { p(true); }},
    {"defaultForAz", [](const Subnet&, Probe& p) { p(true); }},
    {"ipv6-native", [](const Subnet&, Probe& p) { p(false); }},
    {"map-public-ip-on-launch", [](const Subnet&, Probe& p) { p(true); }},
    {"owner-id", [](const Subnet& s, Probe& p) { p(*s.owner_id); }},
    {"state", [](const Subnet& s, Probe& p) { p(*s.state); }},
    {"subnet-arn", [](const Subnet& s, Probe& p) { p(*s.subnet_arn); }},
    {"subnet-id", [](const Subnet& s, Probe& p) { p(*s.subnet_id); }},
    {"vpc-id", [](const Subnet& s, Probe& p) { p(*s.vpc_id); }},
};
constexpr std::string_view kUnset[] = {
    "customer-owned-ipv4-pool",
    "enable-dns64",
    "enable-lni-at-device-index",
    "ipv6-cidr-block-association.ipv6-cidr-block",
    "ipv6-cidr-block-association.association-id",
    "ipv6-cidr-block-association.state",
    "map-customer-owned-ip-on-launch",
    "outpost-arn",
    "private-dns-name-options-on-launch.hostname-type",
    "private-dns-name-options-on-launch.enable-resource-name-dns-a-record",
    "private-dns-name-options-on-launch.enable-resource-name-dns-aaaa-record",
};
constexpr FilterTable<Subnet> kFilters{kFields, kUnset,
                                       [](const Subnet&) -> const domain::Tags& { return kNoTags; }};

Subnet default_subnet(const Settings& settings, const base::AccountId& account, const std::string& zone,
                      const VpcFacts& facts) {
  Subnet subnet;
  subnet.subnet_id = subnet_id(account, zone);
  subnet.subnet_arn =
      fmt::format("arn:aws:ec2:{}:{}:subnet/{}", settings.region, account.str(), *subnet.subnet_id);
  subnet.vpc_id = vpc_id(account);
  subnet.owner_id = account.str();
  subnet.availability_zone = zone;
  subnet.availability_zone_id = zone_id(settings, zone);
  subnet.cidr_block = facts.cidr;
  subnet.available_ip_address_count = facts.free_addresses;
  subnet.default_for_az = true;
  subnet.map_public_ip_on_launch = true;
  subnet.assign_ipv6_address_on_creation = false;
  subnet.ipv6_native = false;
  subnet.state = "available";
  return subnet;
}

Answer<ec2::DescribeSubnets> describe_subnets(Context context, ec2::DescribeSubnets::Request request) {
  const PageRequest paging{request.max_results, request.next_token};
  CO_TRY(check_ids(kSubnetIds, request.subnet_ids));
  CO_TRY_ASSIGN(const auto filter, make_filter(kFilters, request.filters));
  CO_TRY_ASSIGN(const auto facts, co_await read_vpc(context));
  std::vector<Subnet> subnets;
  for (const auto& zone : context.settings().zones)
    subnets.push_back(default_subnet(context.settings(), context.account(), zone, facts));
  const auto id_of = [](const Subnet& subnet) { return *subnet.subnet_id; };
  std::vector<std::string> unknown;
  for (const auto& id : request.subnet_ids)
    if (std::ranges::find(subnets, id, id_of) == subnets.end()) unknown.push_back(id);
  if (!unknown.empty()) co_return ids_not_found(kSubnetIds, unknown);
  if (!request.subnet_ids.empty())
    std::erase_if(subnets, [&](const Subnet& subnet) {
      return std::ranges::find(request.subnet_ids, id_of(subnet)) == request.subnet_ids.end();
    });
  keep_matching(subnets, filter);
  std::ranges::sort(subnets, {}, id_of);
  CO_TRY_ASSIGN(auto page,
                cut_page(std::move(subnets), paging, {}, *context.cursors, context.cursor_scope(), id_of));
  ec2::DescribeSubnets::Response response;
  response.subnets = std::move(page.rows);
  response.next_token = std::move(page.next_token);
  co_return response;
}

}  // namespace

extern constinit const Entry kEc2DescribeSubnets = entry<ec2::DescribeSubnets, describe_subnets>();

}  // namespace stipend::api
