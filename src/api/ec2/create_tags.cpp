#include "aws/ec2/create_tags.hpp"

#include "api/ec2/tag_resources.hpp"
#include "api/ec2/tags.hpp"
#include "api/operation.hpp"

namespace stipend::api {
namespace {

Answer<ec2::CreateTags> create_tags(Context context, ec2::CreateTags::Request request) {
  control::TagChange change;
  CO_TRY(check_tag_resources(request.resources));
  CO_TRY_ASSIGN(const auto tags, to_tags(request.tags));
  change.resources = std::move(request.resources);
  change.tags.assign(tags.begin(), tags.end());
  change.dry_run = request.dry_run.value_or(false);
  CO_TRY(co_await change_own_tags(std::move(context), std::move(change)));
  co_return ec2::CreateTags::Response{};
}

}  // namespace

extern constinit const Entry kEc2CreateTags = entry<ec2::CreateTags, create_tags>();

}  // namespace stipend::api
