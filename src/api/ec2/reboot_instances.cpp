#include "aws/ec2/reboot_instances.hpp"

#include "api/ec2/ids.hpp"
#include "api/ec2/own.hpp"
#include "api/operation.hpp"
#include "control/commands/instances.hpp"

namespace stipend::api {
namespace {

Answer<ec2::RebootInstances> reboot_instances(Context context, ec2::RebootInstances::Request request) {
  CO_TRY_ASSIGN(auto ids, parse_ids<base::InstanceId>(kInstanceIds, request.instance_ids));
  const bool dry_run = request.dry_run.value_or(false);
  CO_TRY((co_await control::run<bool>(context.engine(), context.actor,
                                      [ids = std::move(ids), dry_run](control::Tx& tx) -> base::Result<bool> {
                                        TRY(check_own(tx.state(), tx.actor().account, ids));
                                        TRY(control::reboot(tx, ids, dry_run));
                                        return true;
                                      })));
  co_return ec2::RebootInstances::Response{};
}

}  // namespace

extern constinit const Entry kEc2RebootInstances = entry<ec2::RebootInstances, reboot_instances>();

}  // namespace stipend::api
