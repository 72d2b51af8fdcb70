// BillingViewArn of Cost Explorer's requests: each account has the one view that AWS calls primary.
#pragma once

#include <fmt/format.h>

#include <optional>

#include "api/context.hpp"

namespace stipend::api {

inline base::Status check_billing_view(const Context& context, const std::optional<std::string>& arn) {
  if (!arn || *arn == fmt::format("arn:aws:billing::{}:billingview/primary", context.account().view())) return {};
  return base::fail(base::Fault::kNotFound, "ResourceNotFoundException", "The account has no such billing view; leave BillingViewArn out.");
}

}  // namespace stipend::api
