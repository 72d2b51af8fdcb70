// The texts that Signature Version 4 hashes, the same for signing and for verifying.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "aws/http_view.hpp"

namespace stipend::aws {

struct Scope {
  std::string_view date, region, service;  // "20261123", "us-east-1", "ec2"
  std::string text() const;                // date/region/service/aws4_request
};

// `signed_headers`: lower case, sorted. X-Amz-Signature in the query is left out.
std::string canonical_request(const HttpView& request, std::span<const std::string> signed_headers,
                              std::string_view payload_sha256_hex);
std::string string_to_sign(std::string_view timestamp, const Scope& scope, std::string_view canonical);
// 64 lower-case hex digits.
std::string signature_of(std::string_view text, std::string_view secret, const Scope& scope);

std::string joined(std::span<const std::string> names);  // "host;x-amz-date"
std::string lower_case(std::string_view text);

}  // namespace stipend::aws
