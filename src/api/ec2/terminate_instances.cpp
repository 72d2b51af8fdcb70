#include "aws/ec2/terminate_instances.hpp"

#include "api/ec2/ids.hpp"
#include "api/ec2/state_changes.hpp"

namespace stipend::api {
namespace {

Answer<ec2::TerminateInstances> terminate_instances(Context context, ec2::TerminateInstances::Request request) {
  CO_TRY_ASSIGN(auto ids, parse_ids<base::InstanceId>(kInstanceIds, request.instance_ids));
  ec2::TerminateInstances::Response response;
  CO_TRY_ASSIGN(response.terminating_instances,
                co_await change_own(std::move(context), std::move(ids),
                                    [dry_run = request.dry_run.value_or(false)](control::Tx& tx, const auto& own) {
                                      return control::terminate(tx, own, dry_run);
                                    }));
  co_return response;
}

}  // namespace

extern constinit const Entry kEc2TerminateInstances = entry<ec2::TerminateInstances, terminate_instances>();

}  // namespace stipend::api
