#include "api/ce/values.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>

namespace stipend::api {
namespace {

using base::Fault;

constexpr std::int64_t kPageMax = 1000;

bool contains(std::string_view text, std::string_view part) {
  const auto same = [](unsigned char a, unsigned char b) { return std::tolower(a) == std::tolower(b); };
  return part.empty() || std::ranges::search(text, part, same).begin() != text.end();
}

// How many were told before.
base::Result<std::size_t> offset_of(const ValuesWish& wish, const Cursors& cursors, const CursorScope& scope) {
  std::size_t offset = 0;
  if (!wish.token) return offset;
  const auto text = cursors.open(scope, *wish.token);
  if (!text || std::from_chars(text->data(), text->data() + text->size(), offset).ec != std::errc())
    return base::fail(Fault::kInvalid, "InvalidNextTokenException", "The pagination token is invalid for this request. Try again without one.");
  return offset;
}

base::Status check_sort(const ValuesWish& wish) {
  if (wish.sort_by.size() > 1) return base::fail(Fault::kInvalid, "ValidationException", "SortBy takes one key.");
  if (!wish.sort_by.empty() && !is_cost_metric(*wish.sort_by.front().key))
    return base::fail(Fault::kInvalid, "ValidationException", "SortBy takes a metric: BlendedCost, UnblendedCost, AmortizedCost, NetAmortizedCost, "
                                                              "NetUnblendedCost, UsageQuantity or NormalizedUsageAmount.");
  if (wish.max_results && *wish.max_results > kPageMax) return base::fail(Fault::kInvalid, "ValidationException", "MaxResults is at most 1000.");
  return {};
}

}  // namespace

base::Result<ValuesPage> cut_values(const std::map<std::string, CostSum>& values, const ValuesWish& wish, const Cursors& cursors, const CursorScope& scope) {
  TRY(check_sort(wish));
  TRY_ASSIGN(const auto offset, offset_of(wish, cursors, scope));
  std::vector<std::pair<std::string_view, const CostSum*>> found;
  for (const auto& [value, sum] : values)
    if (contains(value, wish.search.value_or(""))) found.emplace_back(value, &sum);
  if (!wish.sort_by.empty()) {
    const auto& by = wish.sort_by.front();
    const std::int64_t sign = by.sort_order == "DESCENDING" ? -1 : 1;
    std::ranges::sort(found, {}, [&](const auto& row) { return std::pair(sign * row.second->order(*by.key), row.first); });
  }
  const auto size = static_cast<std::size_t>(wish.sort_by.empty() ? kPageMax : wish.max_results.value_or(kPageMax));
  ValuesPage page;
  page.total = static_cast<std::int64_t>(found.size());
  for (std::size_t i = offset; i < std::min(found.size(), offset + size); ++i) page.values.emplace_back(found[i].first);
  if (offset + size < found.size()) page.next_token = cursors.seal(scope, std::to_string(offset + size));
  return page;
}

}  // namespace stipend::api
