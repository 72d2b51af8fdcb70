#include "aws/sigv4.hpp"

#include <algorithm>

#include "aws/auth_error.hpp"
#include "aws/canonical.hpp"
#include "base/digest.hpp"

namespace stipend::aws {
namespace {

using base::WallTime;

std::unexpected<base::Error> refuse(AuthFault fault, Protocol protocol, std::string detail = {}) {
  return std::unexpected(auth_error(fault, protocol, std::move(detail)));
}

base::Status check_scope(const Authorization& a, Expected expected, Protocol protocol) {
  if (a.terminator != "aws4_request")
    return refuse(
        AuthFault::kScope, protocol,
        "Credential should be scoped with a valid terminator: 'aws4_request', not '" + a.terminator + "'.");
  if (a.date != std::string_view(a.timestamp).substr(0, 8))
    return refuse(
        AuthFault::kScope, protocol,
        "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '" +
            a.date + "' != '" + a.timestamp.substr(0, 8) + "', from '" + a.timestamp + "'.");
  if (a.region != expected.region)
    return refuse(AuthFault::kScope, protocol,
                  "Credential should be scoped to a valid Region, not '" + a.region + "'. This cloud is '" +
                      std::string(expected.region) + "'.");
  if (a.service != expected.service)
    return refuse(AuthFault::kScope, protocol,
                  "Credential should be scoped to correct service: '" + std::string(expected.service) + "'.");
  return {};
}

base::Status check_time(const Authorization& a, WallTime now, Protocol protocol) {
  const auto text = [](WallTime t) { return base::to_basic_iso8601(t); };
  const std::int64_t life_s = a.presigned ? a.expires_s : kSkewSecondsMax;
  if (now > a.signed_at.plus_seconds(life_s))
    return refuse(AuthFault::kStale, protocol,
                  "Signature expired: " + a.timestamp + " is now earlier than " +
                      text(now.plus_seconds(-life_s)) + " (" + text(now) + " - " +
                      std::to_string(life_s / 60) + " min.)");
  if (a.signed_at > now.plus_seconds(kSkewSecondsMax))
    return refuse(AuthFault::kStale, protocol,
                  "Signature not yet current: " + a.timestamp + " is still later than " +
                      text(now.plus_seconds(kSkewSecondsMax)) + " (" + text(now) + " + 15 min.)");
  return {};
}

// Host always; every x-amz-* header that is there (an unsigned X-Amz-Target could be swapped on the way);
// and no header that is not there.
base::Status check_signed_headers(const Authorization& a, const HttpView& request, Protocol protocol) {
  const auto is_signed = [&](std::string_view name) {
    return std::ranges::binary_search(a.signed_headers, name);
  };
  if (!is_signed("host"))
    return refuse(AuthFault::kIncomplete, protocol, "'Host' must be a signed header in the AWS Signature.");
  for (const auto& header : request.headers) {
    const auto name = lower_case(header.name);
    if (name.starts_with("x-amz-") && !is_signed(name))
      return refuse(AuthFault::kIncomplete, protocol,
                    "'" + name + "' must be a signed header in the AWS Signature.");
  }
  for (const auto& name : a.signed_headers)
    if (std::ranges::none_of(request.headers,
                             [&](const Header& h) { return equal_ignoring_case(h.name, name); }))
      return refuse(AuthFault::kMismatch, protocol);
  return {};
}

}  // namespace

base::Error unknown_access_key(Protocol protocol) {
  return auth_error(AuthFault::kUnknownKey, protocol);
}
base::Error expired_token(Protocol protocol) {
  return auth_error(AuthFault::kExpiredToken, protocol);
}

base::Status verify_signature(const Authorization& a, const HttpView& request, std::string_view secret,
                              Expected expected, WallTime now, Protocol protocol) {
  TRY(check_scope(a, expected, protocol));
  TRY(check_time(a, now, protocol));
  TRY(check_signed_headers(a, request, protocol));
  // The body is always part of what is signed: a declared hash must be the body's, UNSIGNED-PAYLOAD is not.
  const auto payload = base::sha256_hex(request.body);
  const auto declared = request.header("x-amz-content-sha256");
  if (!declared.empty() && declared != payload) return refuse(AuthFault::kMismatch, protocol);
  const Scope scope{a.date, a.region, a.service};
  const auto text = string_to_sign(a.timestamp, scope, canonical_request(request, a.signed_headers, payload));
  if (!base::same_secret(signature_of(text, secret, scope), a.signature))
    return refuse(AuthFault::kMismatch, protocol);
  return {};
}

std::vector<std::pair<std::string, std::string>> sign(const HttpView& request, const SigningKey& key,
                                                      WallTime now) {
  const auto timestamp = base::to_basic_iso8601(now);
  std::vector<std::pair<std::string, std::string>> added{{"X-Amz-Date", timestamp}};
  if (!key.session_token.empty()) added.emplace_back("X-Amz-Security-Token", key.session_token);

  std::vector<Header> headers(request.headers.begin(), request.headers.end());
  for (const auto& [name, value] : added) headers.push_back({name, value});
  std::vector<std::string> names;
  for (const auto& header : headers) names.push_back(lower_case(header.name));
  std::ranges::sort(names);
  names.erase(std::ranges::unique(names).begin(), names.end());

  const Scope scope{std::string_view(timestamp).substr(0, 8), key.region, key.service};
  const HttpView whole{request.method, request.target, headers, request.body};
  const auto canonical = canonical_request(whole, names, base::sha256_hex(request.body));
  const auto signature = signature_of(string_to_sign(timestamp, scope, canonical), key.secret, scope);
  added.emplace_back("Authorization", "AWS4-HMAC-SHA256 Credential=" + std::string(key.access_key_id) + "/" +
                                          scope.text() + ", SignedHeaders=" + joined(names) +
                                          ", Signature=" + signature);
  return added;
}

}  // namespace stipend::aws
