#include "net/wire.hpp"

#include <algorithm>
#include <charconv>

namespace stipend::net {

bool is_hop_by_hop(std::string_view name) {
  switch (name.size()) {
    case 2: return equal_no_case(name, "te");
    case 6: return equal_no_case(name, "expect");
    case 7: return equal_no_case(name, "upgrade") || equal_no_case(name, "trailer");
    case 10: return equal_no_case(name, "connection") || equal_no_case(name, "keep-alive");
    case 14: return equal_no_case(name, "content-length");
    case 16: return equal_no_case(name, "proxy-connection");
    case 17: return equal_no_case(name, "transfer-encoding");
    case 18: return equal_no_case(name, "proxy-authenticate");
    case 19: return equal_no_case(name, "proxy-authorization");
    default: return false;
  }
}

bool is_listed_in_connection(const Headers& headers, std::string_view name) {
  for (const std::string_view kept : {"host", "authorization", "cookie", "origin", "x-forwarded-for",
                                      "x-forwarded-proto", "x-forwarded-host", "sec-websocket-key"})
    if (equal_no_case(name, kept)) return false;
  return headers.has_token("connection", name);
}

bool is_clean(const Headers& headers) {
  for (const auto& [name, value] : headers) {
    if (name.empty()) return false;
    for (const char c : name)
      if (c <= ' ' || c == ':' || c == 127) return false;
    for (const char c : value)
      if (c == '\r' || c == '\n' || c == '\0') return false;
  }
  return true;
}

namespace {
void append_number(std::string& out, std::uint64_t value, int base = 10) {
  char text[24];
  const auto end = std::to_chars(text, text + sizeof text, value, base).ptr;
  out.append(text, end);
}
}  // namespace

void append_status_line(std::string& out, int status) {
  out += "HTTP/1.1 ";
  append_number(out, static_cast<std::uint64_t>(status));
  out += ' ';
  out += reason_phrase(status);
  out += "\r\n";
}

void append_field(std::string& out, std::string_view name, std::string_view value) {
  out.append(name).append(": ").append(value).append("\r\n");
}

void append_field(std::string& out, std::string_view name, std::uint64_t value) {
  out.append(name).append(": ");
  append_number(out, value);
  out += "\r\n";
}

void append_end_to_end(std::string& out, const Headers& headers) {
  // Nearly every Connection field is one of these three words, which list nothing.
  const std::string_view connection = headers.get("connection");
  const bool lists =
      !connection.empty() && (headers.count("connection") > 1 ||
                              (!equal_no_case(connection, "keep-alive") &&
                               !equal_no_case(connection, "close") && !equal_no_case(connection, "upgrade")));
  for (const auto& [name, value] : headers) {
    if (is_hop_by_hop(name) || (lists && is_listed_in_connection(headers, name))) continue;
    append_field(out, name, value);
  }
}

void append_chunk_size(std::string& out, std::size_t size) {
  append_number(out, size, 16);
  out += "\r\n";
}

std::string_view HttpDate::now() {
  const std::time_t second = std::time(nullptr);
  if (second != at_) {
    std::tm parts{};
    gmtime_r(&second, &parts);
    std::strftime(text_, sizeof text_, "%a, %d %b %Y %H:%M:%S GMT", &parts);
    at_ = second;
  }
  return text_;
}

}  // namespace stipend::net
