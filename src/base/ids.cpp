#include "base/ids.hpp"

#include <vector>

namespace stipend::base {

bool is_prefixed_hex(std::string_view text, std::string_view prefix) {
  if (!text.starts_with(prefix) || text.size() != prefix.size() + 17) return false;
  return text.substr(prefix.size()).find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

bool is_account_number(std::string_view text) {
  return text.size() == 12 && text.find_first_not_of("0123456789") == std::string_view::npos;
}

std::string random_hex(Random& random, std::size_t digits) {
  std::vector<unsigned char> bytes((digits + 1) / 2);
  random.fill(bytes.data(), bytes.size());
  std::string text(digits, '0');
  for (std::size_t i = 0; i < digits; ++i)
    text[i] = "0123456789abcdef"[(bytes[i / 2] >> (i % 2 ? 4 : 0)) & 15];
  return text;
}

}  // namespace stipend::base
