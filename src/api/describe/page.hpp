// Cuts a sorted listing into pages by MaxResults and NextToken. Pure; any thread.
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "api/describe/cursor.hpp"

namespace stipend::api {

struct PageRules {
  std::int64_t min = 5, max = 1000;
  std::size_t largest = 0;  // page when MaxResults is absent; 0: everything
};

struct PageRequest {
  std::optional<std::int64_t> max_results;
  std::optional<std::string> next_token;
};

// MaxResults outside of the rules: InvalidParameterValue. MaxResults beside explicit ids, which the operation
// calls `ids_name` ("instancesSet"): InvalidParameterCombination.
base::Status check_page(const PageRequest& request, const PageRules& rules);
base::Status no_page_with_ids(const PageRequest& request, bool has_ids, std::string_view ids_name);

template <class T>
struct Page {
  std::vector<T> rows;
  std::optional<std::string> next_token;
};

// `rows` ascend by key_of(row), a text that is unique among them. What was added or removed between two pages
// moves nothing: a page goes on behind the last key of the one before.
template <class T, class KeyOf>
base::Result<Page<T>> cut_page(std::vector<T> rows, const PageRequest& request, const PageRules& rules,
                               const Cursors& cursors, const CursorScope& scope, KeyOf key_of) {
  TRY(check_page(request, rules));
  if (request.next_token) {
    TRY_ASSIGN(const std::string last, cursors.open(scope, *request.next_token));
    const auto first =
        std::partition_point(rows.begin(), rows.end(), [&](const T& row) { return key_of(row) <= last; });
    rows.erase(rows.begin(), first);
  }
  const std::size_t size =
      request.max_results ? static_cast<std::size_t>(*request.max_results) : rules.largest;
  Page<T> page;
  if (size != 0 && rows.size() > size) {
    page.next_token = cursors.seal(scope, key_of(rows[size - 1]));
    rows.resize(size);
  }
  page.rows = std::move(rows);
  return page;
}

}  // namespace stipend::api
