#include "aws/ec2/describe_vpcs.hpp"

#include "api/describe/page.hpp"
#include "api/ec2/filters.hpp"
#include "api/ec2/ids.hpp"
#include "api/ec2/names.hpp"
#include "api/ec2/vpc.hpp"

namespace stipend::api {
namespace {

const domain::Tags kNoTags;

constexpr FilterTable<ec2::Vpc>::Field kFields[] = {
    {"cidr", [](const ec2::Vpc& v, Probe& p) { p(*v.cidr_block); }},
    {"cidr-block-association.cidr-block", [](const ec2::Vpc& v, Probe& p) { p(*v.cidr_block); }},
    {"cidr-block-association.state", [](const ec2::Vpc&, Probe& p) { p("associated"); }},
    {"is-default", [](const ec2::Vpc&, Probe& p) { p(true); }},
    {"isDefault", [](const ec2::Vpc&, Probe& p) { p(true); }},  // what Ansible asks for
    {"owner-id", [](const ec2::Vpc& v, Probe& p) { p(*v.owner_id); }},
    {"state", [](const ec2::Vpc& v, Probe& p) { p(*v.state); }},
    {"vpc-id", [](const ec2::Vpc& v, Probe& p) { p(*v.vpc_id); }},
};
constexpr std::string_view kUnset[] = {
    "cidr-block-association.association-id",       "dhcp-options-id",
    "ipv6-cidr-block-association.ipv6-cidr-block", "ipv6-cidr-block-association.ipv6-pool",
    "ipv6-cidr-block-association.association-id",  "ipv6-cidr-block-association.state",
};
constexpr FilterTable<ec2::Vpc> kFilters{kFields, kUnset,
                                         [](const ec2::Vpc&) -> const domain::Tags& { return kNoTags; }};

ec2::Vpc default_vpc(const base::AccountId& account, const VpcFacts& facts) {
  ec2::Vpc vpc;
  vpc.vpc_id = vpc_id(account);
  vpc.owner_id = account.str();
  vpc.cidr_block = facts.cidr;
  vpc.is_default = true;
  vpc.instance_tenancy = "default";
  vpc.state = "available";
  auto& association = vpc.cidr_block_association_set.emplace_back();
  association.cidr_block = facts.cidr;
  association.cidr_block_state.emplace().state = "associated";
  return vpc;
}

Answer<ec2::DescribeVpcs> describe_vpcs(Context context, ec2::DescribeVpcs::Request request) {
  CO_TRY(check_page({request.max_results, request.next_token}, {}));
  CO_TRY(check_ids(kVpcIds, request.vpc_ids));
  CO_TRY_ASSIGN(const auto filter, make_filter(kFilters, request.filters));
  std::vector<std::string> unknown;
  for (const auto& id : request.vpc_ids)
    if (id != vpc_id(context.account())) unknown.push_back(id);
  if (!unknown.empty()) co_return ids_not_found(kVpcIds, unknown);
  CO_TRY_ASSIGN(const auto facts, co_await read_vpc(context));
  ec2::DescribeVpcs::Response response;
  response.vpcs.push_back(default_vpc(context.account(), facts));
  keep_matching(response.vpcs, filter);
  co_return response;
}

}  // namespace

extern constinit const Entry kEc2DescribeVpcs = entry<ec2::DescribeVpcs, describe_vpcs>();

}  // namespace stipend::api
