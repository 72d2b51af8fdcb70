#include "aws/ec2/run_instances.hpp"

#include "api/ec2/instance_view.hpp"
#include "api/ec2/launch_request.hpp"
#include "api/operation.hpp"

namespace stipend::api {
namespace {

Answer<ec2::RunInstances> run_instances(Context context, ec2::RunInstances::Request request) {
  CO_TRY_ASSIGN(auto launch,
                to_launch_request(request, context.settings(), context.account(), context.request_hash));
  CO_TRY_ASSIGN(auto views, co_await control::run<std::vector<InstanceView>>(
                                context.engine(), context.actor,
                                [launch = std::move(launch), settings = &context.settings()](
                                    control::Tx& tx) -> base::Result<std::vector<InstanceView>> {
                                  TRY_ASSIGN(auto launched, control::launch(tx, launch));
                                  std::vector<InstanceView> made;
                                  for (auto& row : launched.instances)
                                    made.push_back(view_of(tx.state(), *settings, std::move(row)));
                                  return made;
                                }));
  if (views.empty())  // a launch makes at least one: the token is of one long over
    co_return fail(Fault::kConflict, "IdempotentInstanceTerminated",
                   "The instances launched with this client token are terminated; use another token.");
  sort_instances(views);
  auto reservations = to_reservations(views);
  co_return std::move(reservations.front());
}

}  // namespace

extern constinit const Entry kEc2RunInstances = entry<ec2::RunInstances, run_instances>();

}  // namespace stipend::api
