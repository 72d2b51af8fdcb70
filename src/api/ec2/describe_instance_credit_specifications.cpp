#include "aws/ec2/describe_instance_credit_specifications.hpp"

#include "api/ec2/ids.hpp"
#include "api/ec2/instance_view.hpp"
#include "api/operation.hpp"

namespace stipend::api {
namespace {

// No type here is burstable (DescribeInstanceTypes says so): every machine always has its full CPU, and no
// machine has a credit specification.
Answer<ec2::DescribeInstanceCreditSpecifications> describe_instance_credit_specifications(
    Context context, ec2::DescribeInstanceCreditSpecifications::Request request) {
  CO_TRY_ASSIGN(auto ids, parse_ids<base::InstanceId>(kInstanceIds, request.instance_ids));
  CO_TRY((co_await read_instances(context, std::move(ids))));
  co_return ec2::DescribeInstanceCreditSpecifications::Response{};
}

}  // namespace

extern constinit const Entry kEc2DescribeInstanceCreditSpecifications =
    entry<ec2::DescribeInstanceCreditSpecifications, describe_instance_credit_specifications>();

}  // namespace stipend::api
