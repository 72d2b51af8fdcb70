#include "aws/ec2/describe_instance_status.hpp"

#include "api/describe/page.hpp"
#include "api/ec2/filters.hpp"
#include "api/ec2/ids.hpp"
#include "api/ec2/instance_status.hpp"
#include "api/ec2/names.hpp"
#include "api/operation.hpp"

namespace stipend::api {
namespace {

ec2::InstanceStatusSummary summary(const InstanceView& view) {
  ec2::InstanceStatusSummary result;
  result.status = status_of(view);
  if (is_running(view)) result.details.push_back({std::nullopt, "reachability", "passed"});
  return result;
}

ec2::InstanceStatus to_status(const InstanceView& view) {
  ec2::InstanceStatus out;
  out.instance_id = view.instance->id.str();
  out.availability_zone = view.instance->zone;
  out.availability_zone_id = zone_id(*view.settings, view.instance->zone);
  out.instance_state = to_aws(view.instance->state);
  out.instance_status = summary(view);
  out.system_status = summary(view);
  return out;
}

Answer<ec2::DescribeInstanceStatus> describe_instance_status(Context context,
                                                             ec2::DescribeInstanceStatus::Request request) {
  const PageRequest paging{request.max_results, request.next_token};
  CO_TRY(no_page_with_ids(paging, !request.instance_ids.empty(), "instancesSet"));
  CO_TRY(check_page(paging, {}));
  CO_TRY_ASSIGN(auto ids, parse_ids<base::InstanceId>(kInstanceIds, request.instance_ids));
  CO_TRY_ASSIGN(const auto filter, make_filter(kInstanceStatusFilters, request.filters));
  CO_TRY_ASSIGN(auto views, co_await read_instances(context, std::move(ids)));
  if (!request.include_all_instances.value_or(false))
    std::erase_if(views, [](const InstanceView& view) { return !is_running(view); });
  keep_matching(views, filter);
  sort_instances(views);
  CO_TRY_ASSIGN(auto page, cut_page(std::move(views), paging, {}, *context.cursors, context.cursor_scope(),
                                    instance_key));
  ec2::DescribeInstanceStatus::Response response;
  for (const auto& view : page.rows) response.instance_statuses.push_back(to_status(view));
  response.next_token = std::move(page.next_token);
  co_return response;
}

}  // namespace

extern constinit const Entry kEc2DescribeInstanceStatus =
    entry<ec2::DescribeInstanceStatus, describe_instance_status>();

}  // namespace stipend::api
