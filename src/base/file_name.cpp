#include "base/file_name.hpp"

#include <algorithm>
#include <utility>

namespace stipend::base {
namespace {

// The code point that begins there and its length; 0: the bytes are not UTF-8.
std::pair<char32_t, std::size_t> code_point(std::string_view text) {
  const auto at = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = at(0);
  const std::size_t length = first < 0x80 ? 1 : first >= 0xc2 && first < 0xe0 ? 2 : first >= 0xe0 && first < 0xf0 ? 3 : first >= 0xf0 && first < 0xf5 ? 4 : 0;
  if (length == 0 || length > text.size()) return {0, 0};
  char32_t value = length == 1 ? first : first & (0xff >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) {
    if ((at(i) & 0xc0) != 0x80) return {0, 0};
    value = value << 6 | (at(i) & 0x3f);
  }
  constexpr char32_t kLeast[] = {0, 0, 0x80, 0x800, 0x10000};
  const bool surrogate = value >= 0xd800 && value < 0xe000;
  return value < kLeast[length] || surrogate || value > 0x10ffff ? std::pair<char32_t, std::size_t>{0, 0} : std::pair(value, length);
}

// Invisible, or changing how the characters around it are shown: "exe.txt" that is "txt.exe".
bool is_trick(char32_t c) {
  return c < 0x20 || (c >= 0x7f && c < 0xa0) || (c >= 0x200b && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) ||
         (c >= 0x2060 && c <= 0x206f) || c == 0xfeff || (c >= 0xe0000 && c <= 0xe007f);
}

}  // namespace

std::string harmless_name(std::string_view name) {
  std::string out;
  while (!name.empty()) {
    const auto [c, length] = code_point(name);
    if (length == 0)
      out += "\xef\xbf\xbd";
    else if (is_trick(c) || c == '\\' || c == '/')
      out += '_';
    else
      out += name.substr(0, length);
    name.remove_prefix(std::max<std::size_t>(length, 1));
  }
  return out.empty() || out == "." || out == ".." ? "_" : out;
}

}  // namespace stipend::base
