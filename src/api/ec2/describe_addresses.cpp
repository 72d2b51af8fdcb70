#include "aws/ec2/describe_addresses.hpp"

#include "api/ec2/address_view.hpp"
#include "api/ec2/filters.hpp"

namespace stipend::api {
namespace {

Answer<ec2::DescribeAddresses> describe_addresses(Context context, ec2::DescribeAddresses::Request request) {
  CO_TRY_ASSIGN(const auto filter, make_filter(kAddressFilters, request.filters));
  CO_TRY_ASSIGN(auto views, co_await read_addresses(context, request.allocation_ids, request.public_ips));
  keep_matching(views, filter);
  ec2::DescribeAddresses::Response response;
  for (const auto& view : views) response.addresses.push_back(to_aws(view));
  co_return response;
}

}  // namespace

extern constinit const Entry kEc2DescribeAddresses = entry<ec2::DescribeAddresses, describe_addresses>();

}  // namespace stipend::api
