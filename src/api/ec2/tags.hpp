// Tags between AWS's lists and rows. Pure; any thread.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "aws/ec2/shapes/tag.hpp"
#include "aws/ec2/shapes/tag_specification.hpp"
#include "base/result.hpp"
#include "domain/rows.hpp"

namespace stipend::api {

// Each key once, within control's rules of tags; a tag without a value has the empty one.
base::Result<domain::Tags> to_tags(std::span<const aws::ec2::Tag> tags);
// Of the specifications for `resource_type` ("instance"); a type that is not in `allowed` is an error.
base::Result<domain::Tags> tags_for(std::span<const aws::ec2::TagSpecification> specifications,
                                    std::string_view resource_type,
                                    std::span<const std::string_view> allowed);
std::vector<aws::ec2::Tag> to_aws(const domain::Tags& tags);

}  // namespace stipend::api
