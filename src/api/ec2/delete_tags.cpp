#include "aws/ec2/delete_tags.hpp"

#include "api/ec2/tag_resources.hpp"
#include "api/operation.hpp"

namespace stipend::api {
namespace {

using Wanted = std::vector<std::pair<std::string, std::optional<std::string>>>;

// "Tag.1.Value=" asks for a tag whose value is empty, no "Tag.1.Value" for the tag whatever its value: the
// decoded request does not tell the two apart, the form does. None at all: every tag.
Wanted wanted_tags(const aws::Call& call) {
  Wanted wanted;
  std::string_view index;  // of the newest in `wanted`; fields of one tag stand together
  for (const auto& field : call.form.fields()) {
    constexpr std::string_view kPrefix = "Tag.", kKey = ".Key", kValue = ".Value";
    if (!field.key.starts_with(kPrefix)) continue;
    const auto rest = field.key.substr(kPrefix.size());
    const auto number = rest.substr(0, rest.find('.'));
    if (wanted.empty() || number != index) wanted.emplace_back();
    index = number;
    if (field.key.ends_with(kKey)) wanted.back().first = field.value;
    if (field.key.ends_with(kValue)) wanted.back().second = field.value;
  }
  return wanted;
}

Answer<ec2::DeleteTags> delete_tags(Context context, ec2::DeleteTags::Request request) {
  control::TagChange change;
  CO_TRY(check_tag_resources(request.resources));
  change.resources = std::move(request.resources);
  change.tags = wanted_tags(*context.call);
  change.remove = true;
  change.dry_run = request.dry_run.value_or(false);
  CO_TRY(co_await change_own_tags(std::move(context), std::move(change)));
  co_return ec2::DeleteTags::Response{};
}

}  // namespace

extern constinit const Entry kEc2DeleteTags = entry<ec2::DeleteTags, delete_tags>();

}  // namespace stipend::api
