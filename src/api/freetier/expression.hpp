// Filters of GetFreeTierUsage. Pure. "Expression" of the Free Tier part of the AWS Billing and Cost Management API Reference.
#pragma once

#include "aws/freetier/shapes/expression.hpp"
#include "aws/freetier/shapes/free_tier_usage.hpp"
#include "base/result.hpp"

namespace stipend::api {

// ValidationException unless each level has one root.
base::Status check(const aws::freetier::Expression& expression);
// Expects check().
bool matches(const aws::freetier::Expression& expression, const aws::freetier::FreeTierUsage& usage);

}  // namespace stipend::api
