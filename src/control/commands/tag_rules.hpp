// Limits of tags. Source: EC2 user guide, "Tag restrictions".
#pragma once

#include "base/result.hpp"
#include "domain/rows.hpp"

namespace stipend::control {

inline constexpr std::size_t kTagsPerResource = 50;

// Set by the service; people see them and cannot change them.
bool is_system_tag(const std::string& key);
base::Status check_tag(const std::string& key, const std::string& value);
base::Status check_tags(const domain::Tags& tags);

}  // namespace stipend::control
