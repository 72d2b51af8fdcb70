// Writing heads: status and request lines, header fields, chunk sizes, dates. Pure, but for Date's clock.
// Internal to net.
#pragma once

#include <cstdint>
#include <ctime>
#include <string>
#include <string_view>

#include "net/http.hpp"

namespace stipend::net {

// Fields that concern one connection or the framing, which each hop writes anew.
bool is_hop_by_hop(std::string_view name);
// Is `name` listed in Connection? Those a proxy or its caller sets for the next hop cannot be listed away.
bool is_listed_in_connection(const Headers& headers, std::string_view name);

// No CR, LF or NUL in a value, a token as name: else a head could be split.
bool is_clean(const Headers& headers);

void append_status_line(std::string& out, int status);
void append_field(std::string& out, std::string_view name, std::string_view value);
void append_field(std::string& out, std::string_view name, std::uint64_t value);
// Every field but hop-by-hop ones (also those Connection lists).
void append_end_to_end(std::string& out, const Headers& headers);
void append_chunk_size(std::string& out, std::size_t size);  // "1f\r\n"

// "Mon, 23 Nov 2026 06:00:00 GMT", made at most once a second.
class HttpDate {
 public:
  std::string_view now();

 private:
  std::time_t at_ = -1;
  char text_[40] = {};
};

}  // namespace stipend::net
