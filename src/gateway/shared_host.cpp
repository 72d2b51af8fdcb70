#include "gateway/shared_host.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "base/digest.hpp"

namespace stipend::gateway {
namespace {

constexpr std::size_t kMarkDigits = 32, kMaxName = 128;

// Browsers that know the prefix take such a cookie from an answer's head only, never from a script; all take it only over
// TLS, for the whole host and no other.
std::string prefix(const Seal& seal) { return fmt::format("__Host-Http-m{}-", seal.instance.view().substr(2)); }

std::string mark(const Seal& seal, std::string_view name, std::string_view value) {
  const auto inner = base::sha256_hex(fmt::format("{}\n{}\n{}={}", seal.secret, seal.instance.view(), name, value));
  return base::sha256_hex(seal.secret + "\n" + inner).substr(0, kMarkDigits);
}

std::string_view next_part(std::string_view& text, char separator) {
  const auto at = text.find(separator);
  const auto part = net::trim(text.substr(0, at));
  text.remove_prefix(at == std::string_view::npos ? text.size() : at + 1);
  return part;
}

bool is_token(std::string_view name) {
  return !name.empty() && name.size() <= kMaxName && std::ranges::all_of(name, [](unsigned char c) {
    return c > 0x20 && c < 0x7f && !std::string_view("()<>@,;:\\\"/[]?={}").contains(static_cast<char>(c));
  });
}

template <class Edit>
void edit_fields(net::Headers& headers, std::string_view name, Edit edit) {
  std::vector<std::string> kept;
  for (const auto value : headers.all(name))
    if (auto edited = edit(value)) kept.push_back(*std::move(edited));
  headers.remove(name);
  for (const auto& value : kept) headers.add(name, value);
}

// "abc" or W/"abc", with the machine's id set in or taken out: an answer kept for one machine must not be found fresh by
// another's.
std::optional<std::string> sealed_tag(std::string_view tag, const Seal& seal) {
  const std::size_t quote = tag.starts_with("W/") ? 2 : 0;
  if (tag.size() < quote + 2 || tag[quote] != '"' || tag.back() != '"' || tag.size() > 512) return std::nullopt;
  return std::string(tag.substr(0, quote + 1)) + std::string(seal.instance.view()) + "." + std::string(tag.substr(quote + 1));
}

// Many servers, Jupyter too, have only the date of a file for a validator. As a tag it can carry the machine's id.
bool is_date(std::string_view text) {
  return !text.empty() && text.size() <= 40 && std::ranges::all_of(text, [](unsigned char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == ',' || c == ':' || c == '_';
  });
}

std::optional<std::string> tag_of_date(std::string_view date, const Seal& seal) {
  std::string text(date);
  std::ranges::replace(text, ' ', '_');
  if (!is_date(text)) return std::nullopt;
  return fmt::format("W/\"{}@{}\"", seal.instance.view(), text);
}

std::optional<std::string> date_in_tags(std::string_view list, const Seal& seal) {
  const std::string own = "\"" + seal.instance.str() + "@";
  const auto at = list.find(own);
  if (at == std::string_view::npos) return std::nullopt;
  std::string text(list.substr(at + own.size()));
  text.resize(std::min(text.find('"'), text.size()));
  if (!is_date(text)) return std::nullopt;
  std::ranges::replace(text, '_', ' ');
  return text;
}

std::optional<std::string> unsealed_tags(std::string_view list, const Seal& seal) {
  if (net::trim(list) == "*") return std::string("*");
  const std::string own = "\"" + seal.instance.str() + ".";
  std::string out;
  for (std::size_t at = 0; (at = list.find(own, at)) != std::string_view::npos;) {
    const auto end = list.find('"', at + own.size());
    if (end == std::string_view::npos) break;
    const bool weak = at >= 2 && list.substr(at - 2, 2) == "W/";
    out += fmt::format("{}{}\"{}\"", out.empty() ? "" : ", ", weak ? "W/" : "", list.substr(at + own.size(), end - at - own.size()));
    at = end + 1;
  }
  if (out.empty()) return std::nullopt;
  return out;
}

}  // namespace

std::optional<std::string> sealed_set_cookie(std::string_view set_cookie, const Seal& seal) {
  std::string_view rest = set_cookie;
  const auto pair = next_part(rest, ';');
  const auto equals = pair.find('=');
  if (equals == std::string_view::npos || seal.secret.empty()) return std::nullopt;
  const auto name = net::trim(pair.substr(0, equals)), value = net::trim(pair.substr(equals + 1));
  if (!is_token(name)) return std::nullopt;
  std::string out = fmt::format("{}{}={}.{}; Path=/; Secure; HttpOnly", prefix(seal), name, value, mark(seal, name, value));
  bool same_site = false;
  while (!rest.empty()) {
    const auto attribute = next_part(rest, ';');
    const auto key = net::trim(attribute.substr(0, attribute.find('=')));
    const bool strict = net::equal_no_case(attribute, "samesite=strict");
    if (net::equal_no_case(key, "max-age") || net::equal_no_case(key, "expires")) out.append("; ").append(attribute);
    if (strict && !std::exchange(same_site, true)) out += "; SameSite=Strict";
  }
  if (!same_site) out += "; SameSite=Lax";
  return out;
}

std::optional<std::string> unsealed_cookie(std::string_view pair, const Seal& seal) {
  const auto start = prefix(seal);
  if (seal.secret.empty() || !pair.starts_with(start)) return std::nullopt;
  pair.remove_prefix(start.size());
  const auto equals = pair.find('=');
  if (equals == std::string_view::npos || pair.size() < equals + 2 + kMarkDigits) return std::nullopt;
  const auto name = pair.substr(0, equals);
  auto value = pair.substr(equals + 1);
  const auto given = value.substr(value.size() - kMarkDigits);
  value.remove_suffix(kMarkDigits);
  if (!value.ends_with('.')) return std::nullopt;
  value.remove_suffix(1);
  if (!is_token(name) || !base::same_secret(given, mark(seal, name, value))) return std::nullopt;
  return fmt::format("{}={}", name, value);
}

std::optional<net::Response> refuse_on_shared_host(const net::Request& request) {
  if (!request.headers.has("service-worker")) return std::nullopt;
  return net::text_response(403, "A service worker would outlive this machine at its port.\n");
}

void unseal_request(net::Headers& headers, const Seal& seal) {
  edit_fields(headers, "Cookie", [&](std::string_view text) -> std::optional<std::string> {
    std::string kept;
    while (!text.empty())
      if (const auto own = unsealed_cookie(next_part(text, ';'), seal)) kept += (kept.empty() ? "" : "; ") + *own;
    if (kept.empty()) return std::nullopt;
    return kept;
  });
  const auto date = date_in_tags(headers.get("if-none-match"), seal);
  for (const char* name : {"If-None-Match", "If-Match", "If-Range"})
    edit_fields(headers, name, [&](std::string_view list) { return unsealed_tags(list, seal); });
  for (const char* name : {"If-Modified-Since", "If-Unmodified-Since"}) headers.remove(name);
  if (date && !headers.has("if-none-match")) headers.set("If-Modified-Since", *date);
}

void seal_answer(net::Headers& headers, const Seal& seal) {
  edit_fields(headers, "Set-Cookie", [&](std::string_view text) { return sealed_set_cookie(text, seal); });
  edit_fields(headers, "ETag", [&](std::string_view tag) { return sealed_tag(net::trim(tag), seal); });
  if (!headers.has("etag"))
    if (const auto tag = tag_of_date(headers.get("last-modified"), seal)) headers.set("ETag", *tag);
  const bool nothing_kept = headers.get("cache-control").contains("no-store");
  headers.set("Cache-Control", nothing_kept ? "no-store" : "private, no-cache");
  headers.set("Origin-Agent-Cluster", "?1");  // no document.domain that would make all ports one origin
  for (const char* name : {"Last-Modified", "Expires", "Pragma", "Alt-Svc", "NEL", "Report-To", "Reporting-Endpoints", "Set-Login"}) headers.remove(name);
}

void enter_on_shared_host(net::Headers& headers, bool fresh) {
  if (fresh) headers.set("Clear-Site-Data", "\"cache\", \"storage\"");
}

}  // namespace stipend::gateway
