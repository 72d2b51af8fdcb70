#include "control/roster/decode.hpp"

#include <array>
#include <cstdint>

namespace stipend::control {
namespace {

std::unexpected<base::Error> refused(std::string why) {
  return base::fail(base::Fault::kInvalid, "InvalidFile", std::move(why));
}

void append(std::string& out, char32_t c) {
  if (c < 0x80) {
    out += static_cast<char>(c);
  } else if (c < 0x800) {
    out += static_cast<char>(0xc0 | (c >> 6));
    out += static_cast<char>(0x80 | (c & 0x3f));
  } else if (c < 0x10000) {
    out += static_cast<char>(0xe0 | (c >> 12));
    out += static_cast<char>(0x80 | ((c >> 6) & 0x3f));
    out += static_cast<char>(0x80 | (c & 0x3f));
  } else {
    out += static_cast<char>(0xf0 | (c >> 18));
    out += static_cast<char>(0x80 | ((c >> 12) & 0x3f));
    out += static_cast<char>(0x80 | ((c >> 6) & 0x3f));
    out += static_cast<char>(0x80 | (c & 0x3f));
  }
}

unsigned byte(std::string_view bytes, std::size_t at) { return static_cast<unsigned char>(bytes[at]); }

base::Result<std::string> from_utf16(std::string_view bytes, bool little) {
  if (bytes.size() % 2 != 0) return refused("the file is UTF-16 text that ends in the middle of a character");
  const auto unit = [&](std::size_t at) {
    return static_cast<char32_t>(little ? byte(bytes, at) | byte(bytes, at + 1) << 8 : byte(bytes, at) << 8 | byte(bytes, at + 1));
  };
  std::string out;
  out.reserve(bytes.size());
  for (std::size_t at = 0; at < bytes.size(); at += 2) {
    char32_t c = unit(at);
    if (c >= 0xd800 && c <= 0xdfff) {
      const char32_t low = c < 0xdc00 && at + 2 < bytes.size() ? unit(at + 2) : 0;
      if (low < 0xdc00 || low > 0xdfff) return refused("the file is broken UTF-16 text; save it again as CSV UTF-8");
      c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
      at += 2;
    }
    append(out, c);
  }
  return out;
}

// RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF.
bool is_utf8(std::string_view bytes) {
  for (std::size_t at = 0; at < bytes.size();) {
    const unsigned lead = byte(bytes, at);
    const std::size_t more = lead < 0x80 ? 0 : lead >= 0xc2 && lead < 0xe0 ? 1 : (lead & 0xf0) == 0xe0 ? 2 : lead >= 0xf0 && lead < 0xf5 ? 3 : 9;
    if (more == 9 || at + more >= bytes.size() + (more == 0 ? 1 : 0)) return false;
    for (std::size_t i = 1; i <= more; ++i)
      if ((byte(bytes, at + i) & 0xc0) != 0x80) return false;
    if (more > 0) {
      const unsigned second = byte(bytes, at + 1);
      if ((lead == 0xe0 && second < 0xa0) || (lead == 0xed && second >= 0xa0) || (lead == 0xf0 && second < 0x90) ||
          (lead == 0xf4 && second >= 0x90))
        return false;
    }
    at += more + 1;
  }
  return true;
}

base::Result<std::string> from_windows_1252(std::string_view bytes) {
  // 0x80..0x9f; 0 where the encoding has nothing.
  static constexpr std::array<char16_t, 32> kUpper = {
      0x20ac, 0,      0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021, 0x02c6, 0x2030, 0x0160, 0x2039, 0x0152, 0, 0x017d, 0,
      0,      0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014, 0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0, 0x017e, 0x0178};
  std::string out;
  out.reserve(bytes.size() + bytes.size() / 8);
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    const unsigned c = byte(bytes, at);
    const char32_t character = c >= 0x80 && c < 0xa0 ? kUpper[c - 0x80] : c;
    if (c >= 0x80 && character == 0)
      return refused("the file is neither UTF-8, UTF-16 nor Windows-1252 text; save it as CSV UTF-8");
    append(out, character);
  }
  return out;
}

// ASCII in UTF-16 has a zero in every other byte.
bool mostly_zero(std::string_view bytes, std::size_t first) {
  std::size_t zeros = 0, seen = 0;
  for (std::size_t at = first; at < bytes.size() && seen < 512; at += 2, ++seen) zeros += bytes[at] == '\0';
  return seen > 0 && zeros * 2 > seen;
}

}  // namespace

base::Result<std::string> decode_text(std::string_view bytes) {
  if (bytes.starts_with("PK\x03\x04") || bytes.starts_with("\xd0\xcf\x11\xe0"))
    return refused("this is a workbook, not a text file; in the spreadsheet program, save it as CSV");
  if (bytes.starts_with(std::string_view("\xff\xfe\0\0", 4)) || bytes.starts_with(std::string_view("\0\0\xfe\xff", 4)))
    return refused("the file is UTF-32 text; save it as CSV UTF-8");
  if (bytes.starts_with("\xef\xbb\xbf")) {
    bytes.remove_prefix(3);
    if (!is_utf8(bytes)) return refused("the file says it is UTF-8 and is not; save it again as CSV UTF-8");
    return std::string(bytes);
  }
  if (bytes.starts_with("\xff\xfe")) return from_utf16(bytes.substr(2), true);
  if (bytes.starts_with("\xfe\xff")) return from_utf16(bytes.substr(2), false);
  if (bytes.contains('\0')) {
    if (mostly_zero(bytes, 1)) return from_utf16(bytes, true);
    if (mostly_zero(bytes, 0)) return from_utf16(bytes, false);
    return refused("this is not a text file; save the roster as CSV");
  }
  if (is_utf8(bytes)) return std::string(bytes);
  return from_windows_1252(bytes);
}

}  // namespace stipend::control
