#include "api/ce/expression.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <optional>

namespace stipend::api {
namespace {

using aws::ce::Expression;
using base::Fault;
using Words = std::vector<std::string>;

std::unexpected<base::Error> refuse(std::string message) { return base::fail(Fault::kInvalid, "ValidationException", std::move(message)); }

bool has(const Words& words, std::string_view word) { return std::ranges::find(words, word) != words.end(); }

std::string lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

base::Status check_leaf(std::string_view what, const std::optional<std::string>& key, const Words& values, const Words& options, bool may_be_absent) {
  if (!key || key->empty()) return refuse(fmt::format("{} in a filter need a Key.", what));
  if (has(options, "GREATER_THAN_OR_EQUAL")) return refuse("The match option GREATER_THAN_OR_EQUAL is not for costs.");
  const bool absent = has(options, "ABSENT");
  if (absent && !may_be_absent) return refuse("The match option ABSENT is for Tags and CostCategories.");
  if (has(options, "CASE_SENSITIVE") && has(options, "CASE_INSENSITIVE")) return refuse("CASE_SENSITIVE and CASE_INSENSITIVE exclude each other.");
  const auto ways = std::ranges::count_if(options, [](const std::string& o) { return !o.starts_with("CASE_"); });
  if (ways > 1) return refuse("A filter matches in one way: EQUALS, STARTS_WITH, ENDS_WITH, CONTAINS or ABSENT.");
  if (absent && !values.empty()) return refuse("With the match option ABSENT there are no Values.");
  if (!absent && values.empty()) return refuse(fmt::format("{} in a filter need Values.", what));
  return {};
}

bool match(const std::string* text, const Words& values, const Words& options) {
  if (has(options, "ABSENT")) return text == nullptr;
  // An untagged cost is asked for by the empty value.
  const bool fold = has(options, "CASE_INSENSITIVE");
  const std::string is = text == nullptr ? std::string() : fold ? lower(*text) : *text;
  return std::ranges::any_of(values, [&](const std::string& value) {
    const std::string wanted = fold ? lower(value) : value;
    if (has(options, "STARTS_WITH")) return is.starts_with(wanted);
    if (has(options, "ENDS_WITH")) return is.ends_with(wanted);
    if (has(options, "CONTAINS")) return is.contains(wanted);
    return is == wanted;
  });
}

}  // namespace

base::Status check_dimension(std::string_view key, std::string_view what, bool with_resources) {
  if (key == "RESOURCE_ID" && !with_resources) return refuse(fmt::format("{}: RESOURCE_ID is for GetCostAndUsageWithResources.", what));
  if (is_cost_dimension(key)) return {};
  return refuse(fmt::format("{}: the dimension {} is not one that costs here have.", what, key.substr(0, 60)));
}

namespace {

// Every line of a bill is compared with them.
constexpr std::size_t kValuesMax = 1000;

std::size_t count_values(const Expression& e) {
  std::size_t count = e.dimensions ? e.dimensions->values.size() : e.tags ? e.tags->values.size() : e.cost_categories ? e.cost_categories->values.size() : 0;
  if (e.not_) count += count_values(*e.not_);
  for (const auto* each : {&e.or_, &e.and_})
    for (const auto& part : *each) count += 1 + count_values(part);
  return count;
}

base::Status check_shape(const Expression& e, bool with_resources) {
  const int roots = !e.or_.empty() + !e.and_.empty() + static_cast<bool>(e.not_) + e.dimensions.has_value() + e.tags.has_value() + e.cost_categories.has_value();
  if (roots != 1) return refuse("A filter expression has one of And, Or, Not, Dimensions, Tags and CostCategories at each level.");
  for (const auto& each : {&e.or_, &e.and_}) {
    if (each->size() == 1) return refuse("And and Or take at least two expressions.");
    for (const auto& part : *each) TRY(check_shape(part, with_resources));
  }
  if (e.not_) return check_shape(*e.not_, with_resources);
  if (e.dimensions) {
    TRY(check_leaf("Dimensions", e.dimensions->key, e.dimensions->values, e.dimensions->match_options, false));
    return check_dimension(*e.dimensions->key, "Filter", with_resources);
  }
  if (e.tags) return check_leaf("Tags", e.tags->key, e.tags->values, e.tags->match_options, true);
  if (e.cost_categories) return check_leaf("CostCategories", e.cost_categories->key, e.cost_categories->values, e.cost_categories->match_options, true);
  return {};
}

}  // namespace

base::Status check(const Expression& e, bool with_resources) {
  if (count_values(e) > kValuesMax) return refuse("A filter has at most 1000 values and expressions.");
  return check_shape(e, with_resources);
}

bool needs_subjects(const Expression& e) {
  if (e.tags || (e.dimensions && needs_subject(*e.dimensions->key))) return true;
  if (e.not_) return needs_subjects(*e.not_);
  return std::ranges::any_of(e.or_, needs_subjects) || std::ranges::any_of(e.and_, needs_subjects);
}

bool matches(const Expression& e, const Cost& cost) {
  const auto holds = [&](const Expression& part) { return matches(part, cost); };
  if (!e.or_.empty()) return std::ranges::any_of(e.or_, holds);
  if (!e.and_.empty()) return std::ranges::all_of(e.and_, holds);
  if (e.not_) return !matches(*e.not_, cost);
  if (e.dimensions) {
    const auto value = dimension_of(*e.dimensions->key, cost);
    return match(&value, e.dimensions->values, e.dimensions->match_options);
  }
  if (e.tags) return match(tag_of(*e.tags->key, cost), e.tags->values, e.tags->match_options);
  return match(nullptr, e.cost_categories->values, e.cost_categories->match_options);  // nobody sorts costs into categories here
}

}  // namespace stipend::api
