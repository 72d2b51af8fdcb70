#include "api/describe/page.hpp"

#include <fmt/format.h>

namespace stipend::api {

base::Status check_page(const PageRequest& request, const PageRules& rules) {
  const auto refuse = [&](std::string_view bound, std::int64_t limit) {
    return base::fail(
        base::Fault::kInvalid, "InvalidParameterValue",
        fmt::format("Value ( {} ) for parameter maxResults is invalid. Expecting a value {} than {}.",
                    *request.max_results, bound, limit));
  };
  if (request.max_results && *request.max_results < rules.min) return refuse("greater", rules.min);
  if (request.max_results && *request.max_results > rules.max) return refuse("less", rules.max);
  return {};
}

base::Status no_page_with_ids(const PageRequest& request, bool has_ids, std::string_view ids_name) {
  if (has_ids && request.max_results)
    return base::fail(base::Fault::kInvalid, "InvalidParameterCombination",
                      fmt::format("The parameter {} cannot be used with the parameter maxResults", ids_name));
  return {};
}

}  // namespace stipend::api
