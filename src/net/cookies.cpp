#include "net/cookies.hpp"

#include <algorithm>
#include <vector>

namespace stipend::net {

namespace {

std::string_view name_of(std::string_view pair) {
  return trim(pair.substr(0, pair.find('=')));
}

// The next part before `separator`, which it takes off the text.
std::string_view next_part(std::string_view& text, char separator) {
  const auto at = text.find(separator);
  const auto part = trim(text.substr(0, at));
  text.remove_prefix(at == std::string_view::npos ? text.size() : at + 1);
  return part;
}

// Rewrites every field of that name; an empty result drops the field.
template <class Edit>
void edit_fields(Headers& headers, std::string_view name, Edit edit) {
  if (!headers.has(name)) return;
  std::vector<std::string> kept;
  for (const auto value : headers.all(name))
    if (std::string edited = edit(value); !edited.empty()) kept.push_back(std::move(edited));
  headers.remove(name);
  for (const auto& value : kept) headers.add(name, value);
}

}  // namespace

std::optional<std::string_view> cookie(const Headers& request, std::string_view name) {
  for (auto text : request.all("cookie")) {
    while (!text.empty()) {
      const auto pair = next_part(text, ';');
      const auto equals = pair.find('=');
      if (equals != std::string_view::npos && name_of(pair) == name) return trim(pair.substr(equals + 1));
    }
  }
  return std::nullopt;
}

void remove_cookies(Headers& request, std::span<const std::string_view> names) {
  edit_fields(request, "Cookie", [&](std::string_view text) {
    std::string kept;
    while (!text.empty()) {
      const auto pair = next_part(text, ';');
      if (pair.empty() || std::ranges::find(names, name_of(pair)) != names.end()) continue;
      if (!kept.empty()) kept += "; ";
      kept += pair;
    }
    return kept;
  });
}

std::string to_string(const SetCookie& cookie) {
  std::string text = cookie.name + "=" + cookie.value;
  if (!cookie.path.empty()) text += "; Path=" + cookie.path;
  if (cookie.max_age_s) text += "; Max-Age=" + std::to_string(*cookie.max_age_s);
  if (cookie.http_only) text += "; HttpOnly";
  if (cookie.secure) text += "; Secure";
  if (!cookie.same_site.empty()) text += "; SameSite=" + cookie.same_site;
  return text;
}

void set_cookie(Headers& response, const SetCookie& cookie) {
  response.add("Set-Cookie", to_string(cookie));
}

void clean_set_cookies(Headers& response, std::span<const std::string_view> our_names) {
  edit_fields(response, "Set-Cookie", [&](std::string_view text) {
    const auto pair = next_part(text, ';');
    // Browsers take a cookie without '=' as a value with an empty name, "=x" too: none of them may carry
    // ours.
    if (pair.find('=') == std::string_view::npos || name_of(pair).empty()) return std::string{};
    if (std::ranges::find(our_names, name_of(pair)) != our_names.end()) return std::string{};
    std::string kept(pair);
    while (!text.empty()) {
      const auto attribute = next_part(text, ';');
      if (attribute.empty() || equal_no_case(name_of(attribute), "domain")) continue;
      kept.append("; ").append(attribute);
    }
    return kept;
  });
}

}  // namespace stipend::net
