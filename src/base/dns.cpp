#include "base/dns.hpp"

#include <algorithm>

namespace stipend::base {

bool is_dns_label(std::string_view text) {
  if (text.empty() || text.size() > 63 || text.front() == '-' || text.back() == '-') return false;
  return std::ranges::all_of(
      text, [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; });
}

bool is_dns_name(std::string_view text) {
  if (text.size() > 200) return false;
  for (;;) {
    const auto dot = text.find('.');
    const auto label = text.substr(0, dot);
    if (!is_dns_label(label)) return false;
    if (dot == text.npos) return label.find_first_not_of("0123456789") != label.npos;  // a number ends an IP address
    text.remove_prefix(dot + 1);
  }
}

}  // namespace stipend::base
