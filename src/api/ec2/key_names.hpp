// What CreateKeyPair and ImportKeyPair share. Any thread.
#pragma once

#include <span>
#include <string_view>

#include "api/ec2/tags.hpp"
#include "base/result.hpp"
#include "domain/state.hpp"

namespace stipend::api {

// 1 to 255 characters of printable ASCII, no space at either end.
base::Status check_key_name(std::string_view name);
base::Result<domain::Tags> key_pair_tags(std::span<const aws::ec2::TagSpecification> specifications);
const domain::KeyPair* find_key_pair(const domain::State& state, const base::AccountId& account,
                                     std::string_view name);

}  // namespace stipend::api
