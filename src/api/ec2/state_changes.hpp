// What StartInstances, StopInstances and TerminateInstances share: a command on instances of the caller's, answered with
// each one's state before and after. Any thread.
#pragma once

#include <vector>

#include "api/ec2/instance_view.hpp"
#include "api/ec2/own.hpp"
#include "api/operation.hpp"
#include "aws/ec2/shapes/instance_state_change.hpp"
#include "control/commands/instances.hpp"

namespace stipend::api {

inline std::vector<aws::ec2::InstanceStateChange> to_aws(const control::StateChanges& changes) {
  std::vector<aws::ec2::InstanceStateChange> result;
  for (const auto& change : changes) {
    auto& out = result.emplace_back();
    out.instance_id = change.id.str();
    out.current_state = to_aws(change.current);
    out.previous_state = to_aws(change.previous);
  }
  return result;
}

// Command: (Tx&, const std::vector<InstanceId>&) -> Result<StateChanges>.
template <class Command>
boost::asio::awaitable<base::Result<std::vector<aws::ec2::InstanceStateChange>>> change_own(
    Context context, std::vector<base::InstanceId> ids, Command command) {
  CO_TRY_ASSIGN(const auto changes,
                co_await control::run<control::StateChanges>(
                    context.engine(), context.actor,
                    [ids = std::move(ids), command = std::move(command)](control::Tx& tx) mutable
                        -> base::Result<control::StateChanges> {
                      TRY(check_own(tx.state(), tx.actor().account, ids));
                      return command(tx, ids);
                    }));
  co_return to_aws(changes);
}

}  // namespace stipend::api
