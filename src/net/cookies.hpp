// Cookies: reading a request's, writing ours, and cleaning what an upstream sets. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "net/headers.hpp"

namespace stipend::net {

// The value of a cookie in the request's Cookie headers (first of that name).
std::optional<std::string_view> cookie(const Headers& request, std::string_view name);
// Takes these names out of the request's Cookie headers; other cookies stay as they are.
void remove_cookies(Headers& request, std::span<const std::string_view> names);

struct SetCookie {
  std::string name, value;
  std::string path = "/";
  std::optional<std::int64_t> max_age_s;  // nullopt: until the browser closes; 0: delete
  bool http_only = true;
  bool secure = false;
  std::string same_site = "Lax";
};
std::string to_string(const SetCookie& cookie);  // a Set-Cookie value
void set_cookie(Headers& response, const SetCookie& cookie);

// On an upstream's answer: drops Set-Cookie of these names, takes Domain= off the others.
void clean_set_cookies(Headers& response, std::span<const std::string_view> our_names);

}  // namespace stipend::net
