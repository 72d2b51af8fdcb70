#include "gateway/file_answers.hpp"

#include <fmt/format.h>

#include <charconv>
#include <ctime>

#include "base/file_name.hpp"
#include "net/url.hpp"

namespace stipend::gateway {
namespace {

std::optional<std::int64_t> number(std::string_view text) {
  std::int64_t value = 0;
  if (text.empty() || text.front() < '0' || text.front() > '9') return std::nullopt;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

bool lists_tag(std::string_view field, std::string_view tag) {
  if (net::trim(field) == "*") return true;
  while (!field.empty()) {
    const auto comma = field.find(',');
    auto each = net::trim(field.substr(0, comma));
    if (each.starts_with("W/")) each.remove_prefix(2);
    if (each == tag) return true;
    field.remove_prefix(comma == std::string_view::npos ? field.size() : comma + 1);
  }
  return false;
}

}  // namespace

std::optional<Slice> slice_of(std::string_view range, std::int64_t size) {
  constexpr std::string_view kUnit = "bytes=";
  if (!range.starts_with(kUnit) || range.contains(',')) return std::nullopt;
  range.remove_prefix(kUnit.size());
  const auto dash = range.find('-');
  if (dash == std::string_view::npos) return std::nullopt;
  const auto first = number(net::trim(range.substr(0, dash))), last = number(net::trim(range.substr(dash + 1)));
  if (dash == 0) {
    if (!last) return std::nullopt;
    const auto length = std::min(*last, size);
    return Slice{size - length, length};
  }
  if (!first || (dash + 1 < range.size() && !last) || (last && *last < *first)) return std::nullopt;
  if (*first >= size) return Slice{};
  return Slice{*first, std::min(last.value_or(size - 1), size - 1) - *first + 1};
}

std::string entity_tag(const FileView& file) {
  return fmt::format("\"{:x}-{:x}-{:x}\"", file.inode, file.size, static_cast<std::uint64_t>(file.modified_ns));
}

std::string http_date(std::int64_t unix_ns) {
  const std::time_t second = unix_ns / 1'000'000'000;
  std::tm parts{};
  char text[64];
  if (gmtime_r(&second, &parts) == nullptr || parts.tm_year < 0 || parts.tm_year > 8'099) return "Thu, 01 Jan 1970 00:00:00 GMT";
  return {text, std::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &parts)};
}

std::string disposition(std::string_view name) {
  const std::string harmless = base::harmless_name(name);
  std::string plain;
  for (const char c : harmless) {
    const bool safe = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || std::string_view(" -._()+@").contains(c);
    plain += safe ? c : '_';
  }
  return fmt::format("attachment; filename=\"{}\"; filename*=UTF-8''{}", plain, net::percent_encode(harmless));
}

void add_download_headers(net::Response& head, std::string_view name) {
  auto& fields = head.headers;
  fields.set("Content-Disposition", disposition(name));
  // Never a page of this origin, whatever the bytes look like and whatever a browser makes of "attachment".
  fields.set("Content-Security-Policy", "default-src 'none'; sandbox");
  fields.set("X-Content-Type-Options", "nosniff");
  fields.set("Cross-Origin-Resource-Policy", "same-origin");
  fields.set("Referrer-Policy", "no-referrer");
  fields.set("Cache-Control", "private, no-cache");
}

DownloadHead download_head(const net::Request& request, const FileView& file, std::string_view name) {
  DownloadHead made;
  auto& head = made.head;
  const std::string tag = entity_tag(file), date = http_date(file.modified_ns);
  made.slice = {0, file.size};
  head.headers.set("Content-Type", "application/octet-stream");
  head.headers.set("ETag", tag);
  head.headers.set("Last-Modified", date);
  head.headers.set("Accept-Ranges", "bytes");
  add_download_headers(head, name);
  if (const auto known = request.headers.find("if-none-match"); known && lists_tag(*known, tag)) {
    head.status = 304;
    made.slice = {};
    return made;
  }
  const auto condition = request.headers.find("if-range");
  if (condition && *condition != tag && *condition != date) return made;
  const auto slice = slice_of(request.headers.get("range"), file.size);
  if (!slice) return made;
  made.slice = *slice;
  head.status = slice->length > 0 ? 206 : 416;
  head.headers.set("Content-Range", slice->length > 0 ? fmt::format("bytes {}-{}/{}", slice->from, slice->from + slice->length - 1, file.size)
                                                      : fmt::format("bytes */{}", file.size));
  return made;
}

}  // namespace stipend::gateway
