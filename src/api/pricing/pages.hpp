// Pages of the Price List service: its word for a token that is not one of its own.
#pragma once

#include "api/describe/page.hpp"

namespace stipend::api {

template <class T, class KeyOf>
base::Result<Page<T>> cut_price_page(std::vector<T> rows, const PageRequest& request, std::size_t largest, const Cursors& cursors, const CursorScope& scope,
                                     KeyOf key_of) {
  auto page = cut_page(std::move(rows), request, {.min = 1, .max = static_cast<std::int64_t>(largest), .largest = largest}, cursors, scope, key_of);
  if (!page && page.error().code == "InvalidNextToken") page.error().code = "InvalidNextTokenException";
  return page;
}

}  // namespace stipend::api
