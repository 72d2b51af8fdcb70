#include "api/budgets/arn.hpp"

#include "api/budgets/call.hpp"

namespace stipend::api {

base::Result<std::string> budget_of_arn(const Context& context, const std::string& arn) {
  constexpr std::string_view kBegin = "arn:aws:budgets::", kKind = ":budget/";
  constexpr std::size_t kAccountDigits = 12;
  const auto rest = std::string_view(arn).substr(std::min(arn.size(), kBegin.size()));
  const auto name = rest.substr(std::min(rest.size(), kAccountDigits + kKind.size()));
  if (!arn.starts_with(kBegin) || !rest.substr(std::min(rest.size(), kAccountDigits)).starts_with(kKind) || name.empty())
    return fail(Fault::kInvalid, "InvalidParameterException", "ResourceARN must be like arn:aws:budgets::123456789012:budget/NAME; tags are kept on budgets alone.");
  TRY(check_own_account(context, std::string(rest.substr(0, kAccountDigits))));
  return std::string(name);
}

}  // namespace stipend::api
