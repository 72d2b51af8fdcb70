// GroupBy of GetCostAndUsage: what to group by, and a line's keys. Pure.
#pragma once

#include <vector>

#include "api/billing/cost.hpp"
#include "aws/ce/shapes/group_definition.hpp"
#include "base/result.hpp"

namespace stipend::api {

class Grouping {
 public:
  // ValidationException: more than two, twice the same, or by what costs here do not have.
  static base::Result<Grouping> of(std::vector<aws::ce::GroupDefinition> definitions, bool with_resources);

  bool empty() const { return by_.empty(); }
  bool needs_subjects() const;
  // By the account: then answers name the holders beside.
  bool by_account() const;
  const std::vector<aws::ce::GroupDefinition>& definitions() const { return by_; }
  // One for each definition, as AWS writes them: "t2.medium", "Course$ml", "Course$" of what is untagged.
  std::vector<std::string> keys(const Cost& cost) const;

 private:
  std::vector<aws::ce::GroupDefinition> by_;
};

}  // namespace stipend::api
