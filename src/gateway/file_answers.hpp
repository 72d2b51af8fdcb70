// HTTP's side of a download: ranges, validators, and heads under which a student's bytes can do no harm on the console's
// origin. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "gateway/files_ports.hpp"
#include "net/http.hpp"

namespace stipend::gateway {

struct Slice {
  std::int64_t from = 0, length = 0;
};
// What a Range field asks of `size` bytes. none: all of it (no field, several ranges, another unit); an empty slice: a
// range that is not there (416).
std::optional<Slice> slice_of(std::string_view range, std::int64_t size);

std::string entity_tag(const FileView& file);
std::string http_date(std::int64_t unix_ns);
// "attachment" with the name for every browser (RFC 6266, 8187).
std::string disposition(std::string_view name);

// 200, 206, 304 or 416 with all fields but the body's framing; `slice` is what is to be sent.
struct DownloadHead {
  net::Response head;
  Slice slice;
};
DownloadHead download_head(const net::Request& request, const FileView& file, std::string_view name);
void add_download_headers(net::Response& head, std::string_view name);

}  // namespace stipend::gateway
