#include "aws/ec2/release_address.hpp"

#include "api/operation.hpp"
#include "control/commands/addresses.hpp"

namespace stipend::api {
namespace {

Answer<ec2::ReleaseAddress> release_address(Context context, ec2::ReleaseAddress::Request request) {
  if (request.public_ip)
    co_return fail(Fault::kInvalid, "InvalidParameterValue", "You must specify an allocation id when releasing a VPC elastic IP address");
  if (!request.allocation_id) co_return fail(Fault::kInvalid, "MissingParameter", "The request must contain the parameter AllocationId");
  if (const auto& region = context.settings().region; request.network_border_group.value_or(region) != region)
    co_return fail(Fault::kInvalid, "InvalidParameterValue", "The address is not of this network border group; it is " + region);
  CO_TRY((co_await control::run<bool>(
      context.engine(), context.actor,
      [id = *request.allocation_id, dry_run = request.dry_run.value_or(false)](control::Tx& tx) -> base::Result<bool> {
        TRY(control::release_address(tx, id, dry_run));
        return true;
      })));
  co_return ec2::ReleaseAddress::Response{};
}

}  // namespace

extern constinit const Entry kEc2ReleaseAddress = entry<ec2::ReleaseAddress, release_address>();

}  // namespace stipend::api
