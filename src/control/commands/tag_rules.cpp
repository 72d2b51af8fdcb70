#include "control/commands/tag_rules.hpp"

#include <algorithm>

namespace stipend::control {
namespace {

using base::Fault;

// Unicode characters of UTF-8 text.
std::size_t characters(const std::string& text) {
  return static_cast<std::size_t>(std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

}  // namespace

bool is_system_tag(const std::string& key) {
  if (key.size() < 4 || key[3] != ':') return false;
  const auto lower = [&](std::size_t i) { return static_cast<char>(key[i] | 0x20); };
  return lower(0) == 'a' && lower(1) == 'w' && lower(2) == 's';
}

base::Status check_tag(const std::string& key, const std::string& value) {
  if (key.empty()) return base::fail(Fault::kInvalid, "InvalidParameterValue", "Tag key cannot be empty");
  if (is_system_tag(key))
    return base::fail(Fault::kInvalid, "InvalidParameterValue", "Tag keys starting with 'aws:' are reserved for internal use");
  if (characters(key) > 128)
    return base::fail(Fault::kInvalid, "InvalidParameterValue", "Tag key exceeds the maximum length of 128 characters");
  if (characters(value) > 256)
    return base::fail(Fault::kInvalid, "InvalidParameterValue", "Tag value exceeds the maximum length of 256 characters");
  return {};
}

base::Status check_tags(const domain::Tags& tags) {
  if (tags.size() > kTagsPerResource)
    return base::fail(Fault::kInvalid, "TagLimitExceeded", "The maximum number of Tags for a resource has been reached.");
  for (const auto& [key, value] : tags) TRY(check_tag(key, value));
  return {};
}

}  // namespace stipend::control
