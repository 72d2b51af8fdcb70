#include "hostlink/grammar.hpp"

#include <cstddef>

namespace stipend::hostlink {
namespace {

bool digit(char c) {
  return c >= '0' && c <= '9';
}
bool lower(char c) {
  return c >= 'a' && c <= 'z';
}

// A decimal of 0..max without leading zeros, eaten from the front.
bool eat_number(std::string_view& text, int max) {
  std::size_t n = 0;
  int value = 0;
  while (n < text.size() && n < 3 && digit(text[n])) value = value * 10 + (text[n++] - '0');
  if (n == 0 || value > max || (n > 1 && text[0] == '0')) return false;
  text.remove_prefix(n);
  return true;
}

bool eat(std::string_view& text, char c) {
  if (text.empty() || text.front() != c) return false;
  text.remove_prefix(1);
  return true;
}

bool eat_ipv4(std::string_view& text) {
  for (int i = 0; i < 4; ++i)
    if ((i > 0 && !eat(text, '.')) || !eat_number(text, 255)) return false;
  return true;
}

}  // namespace

bool is_ipv4(std::string_view text) {
  return eat_ipv4(text) && text.empty();
}

bool is_cidr(std::string_view text) {
  return eat_ipv4(text) && eat(text, '/') && eat_number(text, 32) && text.empty();
}

bool is_hostname(std::string_view text) {
  if (text.empty() || text.size() > 63) return false;
  char before = '.';
  for (const char c : text) {
    if (!lower(c) && !digit(c) && c != '-' && c != '.') return false;
    if ((c == '-' || c == '.') && before == '.') return false;
    if (c == '.' && before == '-') return false;
    before = c;
  }
  return before != '-' && before != '.';
}

bool is_token(std::string_view text) {
  if (text.size() > 128) return false;
  for (const char c : text)
    if (!lower(c) && !digit(c) && !(c >= 'A' && c <= 'Z') && c != '_' && c != '-') return false;
  return true;
}

bool is_boot_id(std::string_view text) {
  if (text.size() != 36) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (dash ? text[i] != '-' : !digit(text[i]) && !(text[i] >= 'a' && text[i] <= 'f')) return false;
  }
  return true;
}

bool is_date(std::string_view text) {
  if (text.size() != 10) return false;
  for (std::size_t i = 0; i < text.size(); ++i)
    if (i == 4 || i == 7 ? text[i] != '-' : text[i] < '0' || text[i] > '9') return false;
  return true;
}

}  // namespace stipend::hostlink
