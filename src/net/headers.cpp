#include "net/headers.hpp"

#include <algorithm>

namespace stipend::net {

namespace {
constexpr char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}
}  // namespace

bool equal_no_case(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i)
    if (lower(a[i]) != lower(b[i])) return false;
  return true;
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

Headers::Headers(std::initializer_list<Field> fields) {
  for (const auto& [name, value] : fields) add(name, value);
}

Headers::Field Headers::view(const Entry& entry) const {
  const std::string_view bytes = bytes_;
  return {bytes.substr(entry.at, entry.name_size),
          bytes.substr(entry.at + entry.name_size, entry.value_size)};
}

void Headers::add(std::string_view name, std::string_view value) {
  if (entries_.empty()) {
    entries_.reserve(12);
    bytes_.reserve(384);
  }
  const Entry entry{static_cast<std::uint32_t>(bytes_.size()), static_cast<std::uint32_t>(name.size()),
                    static_cast<std::uint32_t>(value.size())};
  // Own bytes may be passed in (set("x", get("y"))), and the string may move while it grows.
  if (bytes_.capacity() - bytes_.size() < name.size() + value.size()) {
    std::string grown;
    grown.reserve(2 * (bytes_.size() + name.size() + value.size()));
    grown.append(bytes_).append(name).append(value);
    bytes_ = std::move(grown);
  } else {
    bytes_.append(name).append(value);
  }
  entries_.push_back(entry);
}

void Headers::set(std::string_view name, std::string_view value) {
  const auto same = [&](const Entry& entry) { return equal_no_case(view(entry).first, name); };
  const auto first = std::ranges::find_if(entries_, same);
  if (first == entries_.end()) return add(name, value);
  const auto at = first - entries_.begin();
  std::erase_if(entries_, same);  // removing keeps the bytes: `value` may point into them
  add(name, value);
  std::rotate(entries_.begin() + at, entries_.end() - 1, entries_.end());
}

std::size_t Headers::remove(std::string_view name) {
  return std::erase_if(entries_, [&](const Entry& entry) { return equal_no_case(view(entry).first, name); });
}

void Headers::clear() {
  entries_.clear();
  bytes_.clear();
}

std::optional<std::string_view> Headers::find(std::string_view name) const {
  for (const Entry& entry : entries_) {
    if (entry.name_size != name.size()) continue;
    const Field field = view(entry);
    if (equal_no_case(field.first, name)) return field.second;
  }
  return std::nullopt;
}

std::string_view Headers::get(std::string_view name) const {
  return find(name).value_or(std::string_view{});
}

std::vector<std::string_view> Headers::all(std::string_view name) const {
  std::vector<std::string_view> values;
  for (const auto& [key, value] : *this)
    if (equal_no_case(key, name)) values.push_back(value);
  return values;
}

std::size_t Headers::count(std::string_view name) const {
  return static_cast<std::size_t>(std::ranges::count_if(
      entries_, [&](const Entry& entry) { return equal_no_case(view(entry).first, name); }));
}

bool Headers::has_token(std::string_view name, std::string_view token) const {
  for (const auto& [key, value] : *this) {
    if (!equal_no_case(key, name)) continue;
    std::string_view rest = value;
    while (true) {
      const auto comma = rest.find(',');
      if (equal_no_case(trim(rest.substr(0, comma)), token)) return true;
      if (comma == std::string_view::npos) break;
      rest.remove_prefix(comma + 1);
    }
  }
  return false;
}

}  // namespace stipend::net
