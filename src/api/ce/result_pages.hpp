// Results of GetCostAndUsage in pages: a page goes on where the one before ended, which may be amid the groups of a period.
// Pure.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "api/billing/cost.hpp"

namespace stipend::api {

using GroupKeys = std::vector<std::string>;
using Groups = std::map<GroupKeys, CostSum>;

// Where a page begins: that period, behind that group (none: at its first).
struct ResultPlace {
  std::size_t period = 0;
  std::optional<GroupKeys> after;
};
std::string to_text(const ResultPlace& place);
std::optional<ResultPlace> parse_place(std::string_view text);  // of what to_text() wrote

struct ResultPart {
  std::size_t period;
  std::vector<const Groups::value_type*> groups;
};
struct ResultPage {
  std::vector<ResultPart> parts;
  std::optional<ResultPlace> next;
};
// At most `rows` of groups and periods together, at least one. The groups live in `periods`.
ResultPage cut_results(const std::vector<Groups>& periods, const ResultPlace& from, std::size_t rows);

}  // namespace stipend::api
