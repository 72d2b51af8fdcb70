#include "api/ec2/tags.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "control/commands/tag_rules.hpp"

namespace stipend::api {
namespace {

std::unexpected<base::Error> invalid(std::string message) {
  return base::fail(base::Fault::kInvalid, "InvalidParameterValue", std::move(message));
}

}  // namespace

base::Result<domain::Tags> to_tags(std::span<const aws::ec2::Tag> tags) {
  domain::Tags result;
  for (const auto& tag : tags) {
    const auto key = tag.key.value_or(""), value = tag.value.value_or("");
    if (!result.emplace(key, value).second)
      return invalid(fmt::format("Duplicate tag key '{}' specified.", key));
  }
  TRY(control::check_tags(result));
  return result;
}

base::Result<domain::Tags> tags_for(std::span<const aws::ec2::TagSpecification> specifications,
                                    std::string_view resource_type,
                                    std::span<const std::string_view> allowed) {
  std::vector<aws::ec2::Tag> tags;
  for (const auto& specification : specifications) {
    const auto type = specification.resource_type.value_or("");
    if (std::ranges::find(allowed, type) == allowed.end())
      return invalid(fmt::format("'{}' is not a valid taggable resource type for this operation.", type));
    if (type == resource_type) tags.insert(tags.end(), specification.tags.begin(), specification.tags.end());
  }
  return to_tags(tags);
}

std::vector<aws::ec2::Tag> to_aws(const domain::Tags& tags) {
  std::vector<aws::ec2::Tag> result;
  result.reserve(tags.size());
  for (const auto& [key, value] : tags) result.push_back({key, value});
  return result;
}

}  // namespace stipend::api
