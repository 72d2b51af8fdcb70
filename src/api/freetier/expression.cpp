#include "api/freetier/expression.hpp"

#include <algorithm>
#include <charconv>

namespace stipend::api {
namespace {

using aws::freetier::Expression;
using aws::freetier::FreeTierUsage;

std::unexpected<base::Error> refuse(std::string message) { return base::fail(base::Fault::kInvalid, "ValidationException", std::move(message)); }

double percentage(const FreeTierUsage& usage) { return *usage.limit > 0 ? *usage.actual_usage_amount / *usage.limit * 100 : 0; }

bool match_number(double is, const std::string& value, bool at_least) {
  double wanted = 0;
  const auto* end = value.data() + value.size();
  const auto [at, error] = std::from_chars(value.data(), end, wanted);
  return error == std::errc() && at == end && (at_least ? is >= wanted : is == wanted);
}

const std::string& text_of(const FreeTierUsage& usage, std::string_view key) {
  if (key == "SERVICE") return *usage.service;
  if (key == "OPERATION") return *usage.operation;
  if (key == "USAGE_TYPE") return *usage.usage_type;
  if (key == "REGION") return *usage.region;
  if (key == "FREE_TIER_TYPE") return *usage.free_tier_type;
  return *usage.description;
}

bool match_text(const std::string& is, const std::string& value, std::string_view way) {
  if (way == "STARTS_WITH") return is.starts_with(value);
  if (way == "ENDS_WITH") return is.ends_with(value);
  if (way == "CONTAINS") return is.contains(value);
  return is == value;
}

}  // namespace

base::Status check(const Expression& e) {
  if (!e.or_.empty() + !e.and_.empty() + static_cast<bool>(e.not_) + e.dimensions.has_value() != 1)
    return refuse("A filter has one of And, Or, Not and Dimensions at each level.");
  for (const auto* each : {&e.or_, &e.and_})
    for (const auto& part : *each) TRY(check(part));
  if (e.not_) return check(*e.not_);
  if (!e.dimensions) return {};
  if (e.dimensions->match_options.size() != 1) return refuse("Dimensions in a filter have one match option.");
  if (e.dimensions->match_options.front() == "GREATER_THAN_OR_EQUAL" && *e.dimensions->key != "USAGE_PERCENTAGE")
    return refuse("GREATER_THAN_OR_EQUAL goes with USAGE_PERCENTAGE.");
  return {};
}

bool matches(const Expression& e, const FreeTierUsage& usage) {
  const auto holds = [&](const Expression& part) { return matches(part, usage); };
  if (!e.or_.empty()) return std::ranges::any_of(e.or_, holds);
  if (!e.and_.empty()) return std::ranges::all_of(e.and_, holds);
  if (e.not_) return !matches(*e.not_, usage);
  const auto& way = e.dimensions->match_options.front();
  return std::ranges::any_of(e.dimensions->values, [&](const std::string& value) {
    if (*e.dimensions->key == "USAGE_PERCENTAGE") return match_number(percentage(usage), value, way == "GREATER_THAN_OR_EQUAL");
    return match_text(text_of(usage, *e.dimensions->key), value, way);
  });
}

}  // namespace stipend::api
