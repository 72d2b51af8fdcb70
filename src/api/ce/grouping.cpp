#include "api/ce/grouping.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "api/ce/expression.hpp"

namespace stipend::api {
namespace {

using aws::ce::GroupDefinition;

std::unexpected<base::Error> refuse(std::string message) { return base::fail(base::Fault::kInvalid, "ValidationException", std::move(message)); }

bool is(const GroupDefinition& group, std::string_view type) { return group.type == type; }

}  // namespace

base::Result<Grouping> Grouping::of(std::vector<GroupDefinition> definitions, bool with_resources) {
  if (definitions.size() > 2) return refuse("GroupBy takes at most two groups.");
  for (auto& group : definitions) {
    if (!group.type || !group.key || group.key->empty()) return refuse("A group in GroupBy has a Type and a Key.");
    if (is(group, "DIMENSION")) TRY(check_dimension(*group.key, "GroupBy", with_resources));
  }
  if (definitions.size() == 2 && definitions[0] == definitions[1]) return refuse("GroupBy names the same group twice.");
  Grouping grouping;
  grouping.by_ = std::move(definitions);
  return grouping;
}

bool Grouping::needs_subjects() const {
  return std::ranges::any_of(by_, [](const GroupDefinition& group) { return is(group, "TAG") || (is(group, "DIMENSION") && needs_subject(*group.key)); });
}

bool Grouping::by_account() const {
  return std::ranges::any_of(by_, [](const GroupDefinition& group) { return is(group, "DIMENSION") && group.key == "LINKED_ACCOUNT"; });
}

std::vector<std::string> Grouping::keys(const Cost& cost) const {
  std::vector<std::string> keys;
  for (const auto& group : by_) {
    if (is(group, "DIMENSION")) {
      keys.push_back(dimension_of(*group.key, cost));
      continue;
    }
    const auto* value = is(group, "TAG") ? tag_of(*group.key, cost) : nullptr;
    keys.push_back(fmt::format("{}${}", *group.key, value ? *value : ""));
  }
  return keys;
}

}  // namespace stipend::api
