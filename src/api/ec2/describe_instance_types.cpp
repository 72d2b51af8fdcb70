#include "aws/ec2/describe_instance_types.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "api/describe/page.hpp"
#include "api/ec2/filters.hpp"
#include "api/ec2/types.hpp"
#include "api/operation.hpp"

namespace stipend::api {
namespace {

constexpr PageRules kRules{.min = 5, .max = 100, .largest = 100};

base::Status keep_named(std::vector<TypePointer>& types, const std::vector<std::string>& names) {
  std::vector<std::string> unknown;
  for (const auto& name : names)
    if (std::ranges::find(types, name, [](TypePointer type) { return type->name; }) == types.end())
      unknown.push_back(name);
  if (!unknown.empty())
    return fail(
        Fault::kInvalid, "InvalidInstanceType",
        fmt::format("The following supplied instance types do not exist: [{}]", fmt::join(unknown, ", ")));
  if (!names.empty())
    std::erase_if(types,
                  [&](TypePointer type) { return std::ranges::find(names, type->name) == names.end(); });
  return {};
}

Answer<ec2::DescribeInstanceTypes> describe_instance_types(Context context,
                                                           ec2::DescribeInstanceTypes::Request request) {
  const PageRequest paging{request.max_results, request.next_token};
  CO_TRY(no_page_with_ids(paging, !request.instance_types.empty(), "instanceTypeSet"));
  CO_TRY_ASSIGN(const auto filter, make_filter(kInstanceTypeFilters, request.filters));
  CO_TRY_ASSIGN(auto types, co_await read_types(context));
  CO_TRY(keep_named(types, request.instance_types));
  keep_matching(types, filter);
  CO_TRY_ASSIGN(auto page, cut_page(std::move(types), paging, kRules, *context.cursors,
                                    context.cursor_scope(), [](TypePointer type) { return type->name; }));
  ec2::DescribeInstanceTypes::Response response;
  for (const auto* type : page.rows) response.instance_types.push_back(to_aws(*type));
  response.next_token = std::move(page.next_token);
  co_return response;
}

}  // namespace

extern constinit const Entry kEc2DescribeInstanceTypes =
    entry<ec2::DescribeInstanceTypes, describe_instance_types>();

}  // namespace stipend::api
