// What AWS answers when authentication fails: one situation, three spellings (EC2, query services, JSON).
// Source: the services' common errors pages and what the services were seen to answer.
#pragma once

#include <string>

#include "aws/service.hpp"
#include "base/result.hpp"

namespace stipend::aws {

enum class AuthFault : std::uint8_t {
  kNone,        // not signed at all
  kIncomplete,  // cannot be read; detail: what is wrong
  kUnknownKey,
  kMismatch,  // another secret, or altered on the way
  kScope,     // date, region, service or terminator of the scope; detail: AWS's sentence
  kStale,     // outside the time window; detail: AWS's sentence
  kExpiredToken,
};

base::Error auth_error(AuthFault fault, Protocol protocol, std::string detail = {});

}  // namespace stipend::aws
