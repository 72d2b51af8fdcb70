#include "aws/ec2/start_instances.hpp"

#include "api/ec2/ids.hpp"
#include "api/ec2/state_changes.hpp"

namespace stipend::api {
namespace {

Answer<ec2::StartInstances> start_instances(Context context, ec2::StartInstances::Request request) {
  CO_TRY_ASSIGN(auto ids, parse_ids<base::InstanceId>(kInstanceIds, request.instance_ids));
  ec2::StartInstances::Response response;
  CO_TRY_ASSIGN(response.starting_instances,
                co_await change_own(std::move(context), std::move(ids),
                                    [dry_run = request.dry_run.value_or(false)](control::Tx& tx, const auto& own) {
                                      return control::start(tx, own, dry_run);
                                    }));
  co_return response;
}

}  // namespace

extern constinit const Entry kEc2StartInstances = entry<ec2::StartInstances, start_instances>();

}  // namespace stipend::api
