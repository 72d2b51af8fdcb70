// Filters of Cost Explorer: And, Or, Not, Dimensions, Tags, CostCategories, with match options. Pure.
// "Expression" of the AWS Billing and Cost Management API Reference.
#pragma once

#include "api/billing/cost.hpp"
#include "aws/ce/shapes/expression.hpp"
#include "base/result.hpp"

namespace stipend::api {

// ValidationException unless each level has one root, every leaf can be answered, and there are at most 1000 values.
// `with_resources`: RESOURCE_ID is a dimension, too.
base::Status check(const aws::ce::Expression& expression, bool with_resources = false);
// Whether it takes the single machines and disks to decide.
bool needs_subjects(const aws::ce::Expression& expression);
// Expects check().
bool matches(const aws::ce::Expression& expression, const Cost& cost);

// Whether costs can be told by the dimension; `what` begins the refusal.
base::Status check_dimension(std::string_view key, std::string_view what, bool with_resources = false);

}  // namespace stipend::api
