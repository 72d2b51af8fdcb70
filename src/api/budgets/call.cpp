#include "api/budgets/call.hpp"

#include <fmt/format.h>

namespace stipend::api {

base::Status check_own_account(const Context& context, const std::optional<std::string>& account_id) {
  if (account_id == context.account().str()) return {};
  return fail(Fault::kDenied, "AccessDeniedException",
              fmt::format("Account {} is not authorized to access the budgets of another account: name your own in AccountId.", context.account().str()));
}

base::Error as_budgets_error(base::Error error) {
  if (error.code == "InvalidNextToken") error.code = "InvalidNextTokenException";
  else if (error.code == "InvalidParameterValue") error.code = "InvalidParameterException";
  else if (error.code == "RequestLimitExceeded") error.code = "ThrottlingException";
  else if (error.code == "UnauthorizedOperation" || error.code == "AccountSuspended") error.code = "AccessDeniedException";
  else if (error.fault == Fault::kUnavailable || error.fault == Fault::kInternal) error.code = "InternalErrorException";
  return error;
}

}  // namespace stipend::api
