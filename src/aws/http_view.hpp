// An HTTP request as the codecs and the signature see it: views of bytes as received. Whoever owns the
// bytes keeps them alive while a HttpView, or a Call or Authorization made from it, is in use.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace stipend::aws {

struct Header {
  std::string_view name, value;
};

struct HttpView {
  std::string_view method;  // "POST"
  std::string_view target;  // as on the request line: "/", "/?Action=…"
  std::span<const Header> headers;
  std::string_view body;

  // The first header of this name, whatever its case; empty when there is none.
  std::string_view header(std::string_view name) const;
  std::string_view path() const { return target.substr(0, target.find('?')); }
  std::string_view query() const {
    const auto mark = target.find('?');
    return mark == target.npos ? std::string_view{} : target.substr(mark + 1);
  }
};

// An answer, ready to send.
struct HttpAnswer {
  int status = 200;
  std::string content_type;
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers;  // besides Content-Type and Content-Length
};

bool equal_ignoring_case(std::string_view a, std::string_view b);  // ASCII

}  // namespace stipend::aws
