#include "api/ec2/key_names.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace stipend::api {

base::Status check_key_name(std::string_view name) {
  constexpr std::size_t kNameMax = 255;
  const auto refuse = [&](std::string_view why) {
    return base::fail(
        base::Fault::kInvalid, "InvalidParameterValue",
        fmt::format("Value ({}) for parameter keyName is invalid. {}", name.substr(0, kNameMax), why));
  };
  if (std::ranges::any_of(name, [](char c) { return c < 0x20 || c > 0x7e; }))
    return refuse("Character sets beyond ASCII are not supported.");
  if (name.empty() || name.size() > kNameMax) return refuse("It must have 1 to 255 characters.");
  if (name.front() == ' ' || name.back() == ' ') return refuse("It must not start or end with a space.");
  return {};
}

base::Result<domain::Tags> key_pair_tags(std::span<const aws::ec2::TagSpecification> specifications) {
  constexpr std::array<std::string_view, 1> kAllowed = {"key-pair"};
  return tags_for(specifications, kAllowed[0], kAllowed);
}

const domain::KeyPair* find_key_pair(const domain::State& state, const base::AccountId& account,
                                     std::string_view name) {
  const auto mine = state.key_pairs_of.find(account);
  if (mine == state.key_pairs_of.end()) return nullptr;
  for (const auto& id : mine->second)
    if (const auto* pair = state.find<domain::KeyPair>(id); pair->name == name) return pair;
  return nullptr;
}

}  // namespace stipend::api
