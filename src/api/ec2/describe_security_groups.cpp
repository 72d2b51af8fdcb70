#include "aws/ec2/describe_security_groups.hpp"

#include <fmt/format.h>

#include "api/describe/page.hpp"
#include "api/ec2/filters.hpp"
#include "api/ec2/ids.hpp"
#include "api/ec2/names.hpp"
#include "api/operation.hpp"

namespace stipend::api {
namespace {

using ec2::SecurityGroup;

const domain::Tags kNoTags;
constexpr std::string_view kEverywhere = "0.0.0.0/0";

constexpr FilterTable<SecurityGroup>::Field kFields[] = {
    {"description", [](const SecurityGroup& g, Probe& p) { p(*g.description); }},
    {"egress.ip-permission.cidr", [](const SecurityGroup&, Probe& p) { p(kEverywhere); }},
    {"egress.ip-permission.protocol", [](const SecurityGroup&, Probe& p) { p("-1"); }},
    {"group-id", [](const SecurityGroup& g, Probe& p) { p(*g.group_id); }},
    {"group-name", [](const SecurityGroup& g, Probe& p) { p(*g.group_name); }},
    {"ip-permission.cidr", [](const SecurityGroup&, Probe& p) { p(kEverywhere); }},
    {"ip-permission.from-port", [](const SecurityGroup&, Probe& p) { p("22"); }},
    {"ip-permission.protocol", [](const SecurityGroup&, Probe& p) { p("tcp"); }},
    {"ip-permission.to-port", [](const SecurityGroup&, Probe& p) { p("22"); }},
    {"owner-id", [](const SecurityGroup& g, Probe& p) { p(*g.owner_id); }},
    {"vpc-id", [](const SecurityGroup& g, Probe& p) { p(*g.vpc_id); }},
};
constexpr std::string_view kUnset[] = {
    "egress.ip-permission.from-port",
    "egress.ip-permission.group-id",
    "egress.ip-permission.group-name",
    "egress.ip-permission.ipv6-cidr",
    "egress.ip-permission.prefix-list-id",
    "egress.ip-permission.to-port",
    "egress.ip-permission.user-id",
    "ip-permission.group-id",
    "ip-permission.group-name",
    "ip-permission.ipv6-cidr",
    "ip-permission.prefix-list-id",
    "ip-permission.user-id",
};
constexpr FilterTable<SecurityGroup> kFilters{
    kFields, kUnset, [](const SecurityGroup&) -> const domain::Tags& { return kNoTags; }};

// What the host's rules let through: ssh in, everything out.
SecurityGroup default_group(const Settings& settings, const base::AccountId& account) {
  SecurityGroup group;
  group.group_id = default_group_id(account);
  group.group_name = "default";
  group.description = "default VPC security group";
  group.owner_id = account.str();
  group.vpc_id = vpc_id(account);
  group.security_group_arn =
      fmt::format("arn:aws:ec2:{}:{}:security-group/{}", settings.region, account.str(), *group.group_id);
  auto& ssh = group.ip_permissions.emplace_back();
  ssh.ip_protocol = "tcp";
  ssh.from_port = 22;
  ssh.to_port = 22;
  ssh.ip_ranges.emplace_back().cidr_ip = kEverywhere;
  auto& out = group.ip_permissions_egress.emplace_back();
  out.ip_protocol = "-1";
  out.ip_ranges.emplace_back().cidr_ip = kEverywhere;
  return group;
}

Answer<ec2::DescribeSecurityGroups> describe_security_groups(Context context,
                                                             ec2::DescribeSecurityGroups::Request request) {
  const PageRequest paging{request.max_results, request.next_token};
  CO_TRY(no_page_with_ids(paging, !request.group_ids.empty() || !request.group_names.empty(),
                          "securityGroupIds"));
  CO_TRY(check_page(paging, {}));
  CO_TRY(check_ids(kGroupIds, request.group_ids));
  CO_TRY_ASSIGN(const auto filter, make_filter(kFilters, request.filters));
  ec2::DescribeSecurityGroups::Response response;
  response.security_groups.push_back(default_group(context.settings(), context.account()));
  const auto& group = response.security_groups.front();
  std::vector<std::string> unknown;
  for (const auto& id : request.group_ids)
    if (id != group.group_id) unknown.push_back(id);
  for (const auto& name : request.group_names)
    if (name != group.group_name) unknown.push_back(name);
  if (!unknown.empty()) co_return ids_not_found(kGroupIds, unknown);
  keep_matching(response.security_groups, filter);
  co_return response;
}

}  // namespace

extern constinit const Entry kEc2DescribeSecurityGroups =
    entry<ec2::DescribeSecurityGroups, describe_security_groups>();

}  // namespace stipend::api
