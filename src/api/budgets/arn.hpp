// arn:aws:budgets::ACCOUNT:budget/NAME
#pragma once

#include <string>

#include "api/context.hpp"

namespace stipend::api {

// The name; InvalidParameterException for what is no budget's, AccessDeniedException for another account's.
base::Result<std::string> budget_of_arn(const Context& context, const std::string& arn);

}  // namespace stipend::api
