#include "api/ce/result_pages.hpp"

#include <charconv>

namespace stipend::api {

// The number, and each key after a NUL: no key holds one, since requests and tags are texts without.
std::string to_text(const ResultPlace& place) {
  std::string text = std::to_string(place.period);
  if (!place.after) return text;
  for (const auto& key : *place.after) text.append(1, '\0').append(key);
  return text;
}

std::optional<ResultPlace> parse_place(std::string_view text) {
  ResultPlace place;
  const auto number = text.substr(0, text.find('\0'));
  const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), place.period);
  if (error != std::errc() || end != number.data() + number.size()) return std::nullopt;
  text.remove_prefix(number.size());
  while (!text.empty()) {
    text.remove_prefix(1);
    const auto key = text.substr(0, text.find('\0'));
    if (!place.after) place.after.emplace();
    place.after->emplace_back(key);
    text.remove_prefix(key.size());
  }
  return place;
}

ResultPage cut_results(const std::vector<Groups>& periods, const ResultPlace& from, std::size_t rows) {
  ResultPage page;
  std::size_t taken = 0;
  for (std::size_t i = from.period; i < periods.size(); ++i) {
    if (taken >= rows) {
      page.next = ResultPlace{i, {}};
      return page;
    }
    ++taken;
    auto& part = page.parts.emplace_back(i);
    auto at = i == from.period && from.after ? periods[i].upper_bound(*from.after) : periods[i].begin();
    for (; at != periods[i].end(); ++at) {
      if (taken >= rows && !part.groups.empty()) {
        page.next = ResultPlace{i, part.groups.back()->first};
        return page;
      }
      part.groups.push_back(&*at);
      ++taken;
    }
  }
  return page;
}

}  // namespace stipend::api
