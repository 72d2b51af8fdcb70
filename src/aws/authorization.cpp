// Reading the Authorization header, or the X-Amz-* parameters of a presigned URL.
#include <algorithm>
#include <charconv>

#include "aws/auth_error.hpp"
#include "aws/canonical.hpp"
#include "aws/form.hpp"
#include "aws/sigv4.hpp"

namespace stipend::aws {
namespace {

constexpr std::string_view kAlgorithm = "AWS4-HMAC-SHA256";
constexpr std::size_t kSignedHeadersMax = 100;
constexpr std::int64_t kExpiresSecondsMax = 7 * 24 * 3600;

struct Parts {
  std::string credential, signed_headers, signature, timestamp, expires;
};

base::Error incomplete(Protocol protocol, std::string what) {
  return auth_error(AuthFault::kIncomplete, protocol, std::move(what));
}

std::string_view take(std::string_view& rest, char separator) {
  const auto end = rest.find(separator);
  const auto part = rest.substr(0, end);
  rest = end == rest.npos ? std::string_view{} : rest.substr(end + 1);
  return part;
}

std::string_view trimmed(std::string_view s) {
  while (!s.empty() && (s.front() == ' ' || s.front() == '\t')) s.remove_prefix(1);
  while (!s.empty() && (s.back() == ' ' || s.back() == '\t')) s.remove_suffix(1);
  return s;
}

base::Result<Parts> from_header(const HttpView& request, Protocol protocol) {
  std::string_view rest = trimmed(request.header("authorization"));
  if (take(rest, ' ') != kAlgorithm)
    return std::unexpected(incomplete(protocol, "Authorization header requires algorithm AWS4-HMAC-SHA256."));
  Parts parts;
  while (!rest.empty()) {
    std::string_view value = trimmed(take(rest, ','));
    const auto name = take(value, '=');
    auto* const slot = name == "Credential"      ? &parts.credential
                       : name == "SignedHeaders" ? &parts.signed_headers
                       : name == "Signature"     ? &parts.signature
                                                 : nullptr;
    if (slot == nullptr || !slot->empty())
      return std::unexpected(incomplete(protocol, "Authorization header holds an unknown or repeated part."));
    *slot = value;
  }
  parts.timestamp = trimmed(request.header("x-amz-date"));
  if (parts.timestamp.empty()) parts.timestamp = trimmed(request.header("date"));
  return parts;
}

Parts from_query(const Form& form) {
  const auto get = [&](std::string_view key) { return std::string(form.get(key)); };
  return {get("X-Amz-Credential"), get("X-Amz-SignedHeaders"), get("X-Amz-Signature"), get("X-Amz-Date"),
          get("X-Amz-Expires")};
}

// Lower case, as they must come; sorted and without repetition.
bool read_signed_headers(std::string_view text, std::vector<std::string>& names) {
  while (!text.empty()) {
    const auto name = take(text, ';');
    if (name.empty() || names.size() == kSignedHeadersMax || lower_case(name) != name) return false;
    names.emplace_back(name);
  }
  return std::ranges::is_sorted(names, std::less_equal<>{}) && !names.empty();
}

bool read_credential(std::string_view text, Authorization& out) {
  out.access_key_id = take(text, '/');
  out.date = take(text, '/');
  out.region = take(text, '/');
  out.service = take(text, '/');
  out.terminator = text;
  const auto bounded = [](const std::string& s) { return !s.empty() && s.size() <= 128; };
  return bounded(out.access_key_id) && bounded(out.date) && bounded(out.region) && bounded(out.service);
}

bool is_signature(std::string_view s) {
  return s.size() == 64 && s.find_first_not_of("0123456789abcdef") == s.npos;
}

base::Result<Authorization> assemble(Parts parts, Protocol protocol) {
  Authorization out;
  if (!read_credential(parts.credential, out))
    return std::unexpected(incomplete(
        protocol,
        "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term."));
  if (!read_signed_headers(parts.signed_headers, out.signed_headers))
    return std::unexpected(incomplete(
        protocol, "SignedHeaders must be lower-case header names, sorted, separated by semicolons."));
  if (!is_signature(parts.signature))
    return std::unexpected(incomplete(protocol, "Signature must be 64 lower-case hexadecimal digits."));
  const auto signed_at = base::parse_iso8601(parts.timestamp);
  if (!signed_at || parts.timestamp.size() != 16)
    return std::unexpected(
        incomplete(protocol, "Date must be in ISO-8601 'basic format', e.g. X-Amz-Date: 20260102T030405Z."));
  out.signature = std::move(parts.signature);
  out.timestamp = std::move(parts.timestamp);
  out.signed_at = *signed_at;
  return out;
}

}  // namespace

std::string signed_service_of(const HttpView& request) {
  const auto header = request.header("authorization");
  std::string text;
  if (const auto at = header.find("Credential="); at != header.npos)
    text = header.substr(at + 11, header.find(',', at) - at - 11);
  else if (const auto in_query = request.query().find("X-Amz-Credential=");
           in_query != std::string_view::npos)
    append_percent_decoded(
        text, request.query().substr(in_query + 17, request.query().find('&', in_query) - in_query - 17),
        true);
  std::string_view rest = text;
  for (int part = 0; part < 3; ++part) take(rest, '/');
  return std::string(take(rest, '/'));
}

base::Result<Authorization> parse_authorization(const HttpView& request, Protocol protocol) {
  const auto authorizations = std::ranges::count_if(
      request.headers, [](const Header& h) { return equal_ignoring_case(h.name, "authorization"); });
  if (authorizations > 1)
    return std::unexpected(incomplete(protocol, "The request has more than one Authorization header."));
  if (authorizations == 1) {
    TRY_ASSIGN(auto parts, from_header(request, protocol));
    TRY_ASSIGN(auto out, assemble(std::move(parts), protocol));
    out.session_token = request.header("x-amz-security-token");
    return out;
  }
  if (request.query().find("X-Amz-Signature=") == std::string_view::npos)
    return std::unexpected(auth_error(AuthFault::kNone, protocol));
  TRY_ASSIGN(const auto form, Form::parse(request.query()));
  if (form.get("X-Amz-Algorithm") != kAlgorithm)
    return std::unexpected(incomplete(protocol, "X-Amz-Algorithm must be AWS4-HMAC-SHA256."));
  auto parts = from_query(form);
  const auto expires = parts.expires;
  TRY_ASSIGN(auto out, assemble(std::move(parts), protocol));
  const auto [end, error] = std::from_chars(expires.data(), expires.data() + expires.size(), out.expires_s);
  if (error != std::errc{} || end != expires.data() + expires.size() || out.expires_s < 1 ||
      out.expires_s > kExpiresSecondsMax)
    return std::unexpected(incomplete(protocol, "X-Amz-Expires must be between 1 and 604800 seconds."));
  out.session_token = form.get("X-Amz-Security-Token");
  out.presigned = true;
  return out;
}

}  // namespace stipend::aws
