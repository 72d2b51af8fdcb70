// A request's Filter list as conditions for api/describe/filter.hpp.
#pragma once

#include <span>
#include <vector>

#include "api/describe/filter.hpp"
#include "aws/ec2/shapes/filter.hpp"

namespace stipend::api {

template <class T>
base::Result<Filter<T>> make_filter(const FilterTable<T>& table, std::span<const aws::ec2::Filter> filters) {
  std::vector<Condition> conditions;
  for (const auto& filter : filters)
    conditions.push_back({filter.name ? std::string_view(*filter.name) : std::string_view(), filter.values});
  return Filter<T>::make(table, conditions);
}

// Keeps what matches, in order.
template <class T>
void keep_matching(std::vector<T>& rows, const Filter<T>& filter) {
  std::erase_if(rows, [&](const T& row) { return !filter.matches(row); });
}

}  // namespace stipend::api
