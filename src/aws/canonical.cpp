#include "aws/canonical.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "aws/digest.hpp"
#include "aws/form.hpp"
#include "aws/text.hpp"
#include "base/digest.hpp"

namespace stipend::aws {
namespace {

// The path arrives encoded once and is signed encoded twice (every service but S3).
void append_path(std::string& out, std::string_view path) {
  if (path.empty()) path = "/";
  while (true) {
    const auto slash = path.find('/');
    append_percent_encoded(out, path.substr(0, slash));
    if (slash == path.npos) return;
    out += '/';
    path.remove_prefix(slash + 1);
  }
}

std::string reencoded(std::string_view text) {
  std::string raw;
  if (!append_percent_decoded(raw, text, true)) raw = text;  // then no honest signer agrees either
  std::string out;
  append_percent_encoded(out, raw);
  return out;
}

void append_query(std::string& out, std::string_view query) {
  std::vector<std::pair<std::string, std::string>> pairs;
  while (!query.empty()) {
    const auto end = query.find('&');
    const auto pair = query.substr(0, end);
    query = end == query.npos ? std::string_view{} : query.substr(end + 1);
    const auto equals = pair.find('=');
    const auto name = pair.substr(0, equals);
    if (pair.empty() || name == "X-Amz-Signature") continue;
    pairs.emplace_back(reencoded(name),
                       equals == pair.npos ? std::string{} : reencoded(pair.substr(equals + 1)));
  }
  std::ranges::sort(pairs);
  bool first = true;
  for (const auto& [name, value] : pairs) {
    if (!std::exchange(first, false)) out += '&';
    out += name;
    out += '=';
    out += value;
  }
}

// Trimmed, inner runs of spaces as one.
void append_header_value(std::string& out, std::string_view value) {
  constexpr std::string_view kSpace = " \t";
  while (!value.empty() && kSpace.contains(value.front())) value.remove_prefix(1);
  while (!value.empty() && kSpace.contains(value.back())) value.remove_suffix(1);
  bool space = false;
  for (const char c : value) {
    const bool is_space = c == ' ';
    if (!is_space || !space) out += c;
    space = is_space;
  }
}

}  // namespace

std::string lower_case(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + ('a' - 'A'));
  return out;
}

std::string joined(std::span<const std::string> names) {
  std::string out;
  for (const auto& name : names) {
    if (!out.empty()) out += ';';
    out += name;
  }
  return out;
}

std::string Scope::text() const {
  std::string out(date);
  out.append("/").append(region).append("/").append(service).append("/aws4_request");
  return out;
}

std::string canonical_request(const HttpView& request, std::span<const std::string> signed_headers,
                              std::string_view payload_sha256_hex) {
  std::string out(request.method);
  out += '\n';
  append_path(out, request.path());
  out += '\n';
  append_query(out, request.query());
  out += '\n';
  for (const auto& name : signed_headers) {
    out += name;
    out += ':';
    bool first = true;
    for (const auto& header : request.headers) {
      if (!equal_ignoring_case(header.name, name)) continue;
      if (!std::exchange(first, false)) out += ',';
      append_header_value(out, header.value);
    }
    out += '\n';
  }
  out += '\n';
  out += joined(signed_headers);
  out += '\n';
  out += payload_sha256_hex;
  return out;
}

std::string string_to_sign(std::string_view timestamp, const Scope& scope, std::string_view canonical) {
  std::string out = "AWS4-HMAC-SHA256\n";
  out.append(timestamp).append("\n").append(scope.text()).append("\n").append(base::sha256_hex(canonical));
  return out;
}

std::string signature_of(std::string_view text, std::string_view secret, const Scope& scope) {
  std::string key = "AWS4";
  key += secret;
  for (const auto part : {scope.date, scope.region, scope.service, std::string_view("aws4_request")})
    key = hmac_sha256(key, part);
  return to_hex(hmac_sha256(key, text));
}

}  // namespace stipend::aws
