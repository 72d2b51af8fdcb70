#include "aws/ec2/describe_account_attributes.hpp"

#include <algorithm>

#include "api/ec2/names.hpp"
#include "api/operation.hpp"

namespace stipend::api {
namespace {

Answer<ec2::DescribeAccountAttributes> describe_account_attributes(
    Context context, ec2::DescribeAccountAttributes::Request request) {
  const std::pair<std::string, std::string> attributes[] = {
      {"supported-platforms", "VPC"},
      {"default-vpc", vpc_id(context.account())},
      {"vpc-max-security-groups-per-interface", "1"},
      {"max-elastic-ips", "0"},
      {"vpc-max-elastic-ips", "0"},
  };
  ec2::DescribeAccountAttributes::Response response;
  for (const auto& [name, value] : attributes) {
    if (!request.attribute_names.empty() &&
        std::ranges::find(request.attribute_names, name) == request.attribute_names.end())
      continue;
    auto& out = response.account_attributes.emplace_back();
    out.attribute_name = name;
    out.attribute_values.push_back({value});
  }
  co_return response;
}

}  // namespace

extern constinit const Entry kEc2DescribeAccountAttributes =
    entry<ec2::DescribeAccountAttributes, describe_account_attributes>();

}  // namespace stipend::api
