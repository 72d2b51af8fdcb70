#include "aws/ec2/describe_instances.hpp"

#include "api/describe/page.hpp"
#include "api/ec2/filters.hpp"
#include "api/ec2/ids.hpp"
#include "api/ec2/instance_filters.hpp"
#include "api/ec2/instance_texts.hpp"
#include "api/operation.hpp"

namespace stipend::api {
namespace {

Answer<ec2::DescribeInstances> describe_instances(Context context, ec2::DescribeInstances::Request request) {
  const PageRequest paging{request.max_results, request.next_token};
  CO_TRY(no_page_with_ids(paging, !request.instance_ids.empty(), "instancesSet"));
  CO_TRY(check_page(paging, {}));
  CO_TRY_ASSIGN(auto ids, parse_ids<base::InstanceId>(kInstanceIds, request.instance_ids));
  CO_TRY_ASSIGN(const auto filter, make_filter(kInstanceFilters, request.filters));

  CO_TRY_ASSIGN(auto views, co_await read_instances(context, std::move(ids)));
  keep_matching(views, filter);
  sort_instances(views);
  CO_TRY_ASSIGN(auto page, cut_page(std::move(views), paging, {}, *context.cursors, context.cursor_scope(),
                                    instance_key));
  ec2::DescribeInstances::Response response;
  response.reservations = to_reservations(page.rows, context.instance_texts->of(page.rows));
  response.next_token = std::move(page.next_token);
  co_return response;
}

}  // namespace

extern constinit const Entry kEc2DescribeInstances = entry<ec2::DescribeInstances, describe_instances>();

}  // namespace stipend::api
