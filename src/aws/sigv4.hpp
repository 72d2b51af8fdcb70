// AWS Signature Version 4, header and presigned. Pure: the time and the secret are passed in.
// Followed: "Signature Version 4 for API requests" (AWS IAM User Guide) and what real clients send.
// Any thread. Order of use:
//   classify (aws/call.hpp) -> parse_authorization -> look up the secret of access_key_id (unknown:
//   unknown_access_key) -> verify_signature -> only then call.problem, decode.
// Errors carry the code that the services of `protocol` use.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "aws/http_view.hpp"
#include "aws/service.hpp"
#include "base/result.hpp"
#include "base/time.hpp"

namespace stipend::aws {

struct Authorization {
  std::string access_key_id, date, region, service, terminator;  // the credential scope, unverified
  std::vector<std::string> signed_headers;                       // lower case, sorted
  std::string signature;                                         // 64 lower-case hex digits
  std::string timestamp;                                         // X-Amz-Date: 20261123T053400Z
  std::string session_token;                                     // empty: none
  base::WallTime signed_at;
  std::int64_t expires_s = 0;  // presigned only
  bool presigned = false;
};

// MissingAuthenticationToken when there is none, IncompleteSignature when it cannot be read.
base::Result<Authorization> parse_authorization(const HttpView& request, Protocol protocol);

// The service in the credential scope, for routing only; empty when the request is not signed.
std::string signed_service_of(const HttpView& request);

// The answer to a key that does not exist; also for a session token that is missing or another key's.
base::Error unknown_access_key(Protocol protocol);
// The answer to a session token that has run out.
base::Error expired_token(Protocol protocol);

struct Expected {
  std::string_view region;
  std::string_view service;  // call.service->signing_name; the scope's own when the service is not known
};

inline constexpr std::int64_t kSkewSecondsMax = 15 * 60;

// Success: the request is what the holder of `secret` signed, for this region and service, within the
// skew of `now`; every header that matters was signed. Constant time in the signature.
base::Status verify_signature(const Authorization& authorization, const HttpView& request,
                              std::string_view secret, Expected expected, base::WallTime now,
                              Protocol protocol);

// The client's side: headers to add to the request (Authorization, X-Amz-Date, X-Amz-Security-Token).
// Signs all headers of `request`; Host must be among them.
struct SigningKey {
  std::string_view access_key_id, secret, session_token, region, service;
};
std::vector<std::pair<std::string, std::string>> sign(const HttpView& request, const SigningKey& key,
                                                      base::WallTime now);

}  // namespace stipend::aws
