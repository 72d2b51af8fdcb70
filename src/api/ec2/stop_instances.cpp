#include "aws/ec2/stop_instances.hpp"

#include "api/ec2/ids.hpp"
#include "api/ec2/state_changes.hpp"

namespace stipend::api {
namespace {

Answer<ec2::StopInstances> stop_instances(Context context, ec2::StopInstances::Request request) {
  CO_TRY_ASSIGN(auto ids, parse_ids<base::InstanceId>(kInstanceIds, request.instance_ids));
  if (request.hibernate.value_or(false))
    co_return fail(Fault::kInvalid, "UnsupportedHibernationConfiguration",
                   "Machines here do not hibernate; stop without Hibernate.");
  control::StopRequest stop;
  stop.force = request.force.value_or(false) || request.skip_os_shutdown.value_or(false);
  stop.dry_run = request.dry_run.value_or(false);
  ec2::StopInstances::Response response;
  CO_TRY_ASSIGN(response.stopping_instances,
                co_await change_own(std::move(context), std::move(ids), [stop](control::Tx& tx, const auto& own) mutable {
                  stop.ids = own;
                  return control::stop(tx, stop);
                }));
  co_return response;
}

}  // namespace

extern constinit const Entry kEc2StopInstances = entry<ec2::StopInstances, stop_instances>();

}  // namespace stipend::api
