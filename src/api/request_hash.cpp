#include "api/request_hash.hpp"

#include <algorithm>
#include <array>

#include "base/digest.hpp"

namespace stipend::api {
namespace {
constexpr std::array<std::string_view, 4> kLeftOut = {"ClientToken", "DryRun", "MaxResults", "NextToken"};

void append(std::string& text, std::string_view part) {
  text += std::to_string(part.size());
  text += ':';
  text += part;
}
}  // namespace

std::string request_hash(const aws::Call& call) {
  std::string text;
  append(text, call.action);
  append(text, call.payload);
  for (const auto& field : call.form.fields()) {
    if (field.value.empty() || field.key.starts_with("X-Amz-") ||
        std::ranges::find(kLeftOut, field.key) != kLeftOut.end())
      continue;
    append(text, field.key);
    append(text, field.value);
  }
  return base::sha256_hex(text);
}

}  // namespace stipend::api
