#include "api/describe/filter.hpp"

#include <fmt/format.h>

namespace stipend::api {
namespace {
constexpr std::size_t kConditionsMax = 50, kValuesMax = 200, kValueBytesMax = 1024;
}  // namespace

void Probe::operator()(std::string_view value) {
  for (const auto& pattern : wanted_) {
    if (hit_) return;
    hit_ = pattern.matches(value);
  }
}

std::unexpected<base::Error> unknown_filter(std::string_view name) {
  return base::fail(base::Fault::kInvalid, "InvalidParameterValue",
                    fmt::format("The filter '{}' is invalid", name.substr(0, 128)));
}

base::Status check_limits(std::span<const Condition> conditions) {
  std::size_t values = 0;
  for (const auto& condition : conditions) {
    if (condition.name.empty()) return unknown_filter("null");
    if (condition.values.empty())
      return base::fail(base::Fault::kInvalid, "InvalidParameterValue",
                        fmt::format("The filter '{}' has no value", condition.name.substr(0, 128)));
    values += condition.values.size();
    for (const auto& value : condition.values)
      if (value.size() > kValueBytesMax)
        return base::fail(base::Fault::kInvalid, "InvalidParameterValue",
                          fmt::format("A value of the filter '{}' is longer than {} bytes",
                                      condition.name.substr(0, 128), kValueBytesMax));
  }
  if (conditions.size() > kConditionsMax || values > kValuesMax)
    return base::fail(base::Fault::kInvalid, "FilterLimitExceeded",
                      fmt::format("At most {} filters with {} values in all can be given in one call.",
                                  kConditionsMax, kValuesMax));
  return {};
}

}  // namespace stipend::api
