// What GetDimensionValues and GetTags list: values with what each cost, found, sorted and cut into pages. Pure.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "api/billing/cost.hpp"
#include "api/describe/cursor.hpp"
#include "aws/ce/shapes/sort_definition.hpp"
#include "base/result.hpp"

namespace stipend::api {

struct ValuesWish {
  std::optional<std::string> search;  // a part of the value, whatever its case
  std::vector<aws::ce::SortDefinition> sort_by;
  std::optional<std::int64_t> max_results;  // counts beside SortBy only, as on AWS
  std::optional<std::string> token;
};

struct ValuesPage {
  std::vector<std::string> values;
  std::int64_t total = 0;  // of all pages
  std::optional<std::string> next_token;
};

// ValidationException, InvalidNextTokenException.
base::Result<ValuesPage> cut_values(const std::map<std::string, CostSum>& values, const ValuesWish& wish, const Cursors& cursors, const CursorScope& scope);

}  // namespace stipend::api
