// What an HTTP request asks for: protocol, service, operation. Called by api for each request, any thread.
// Rules: aws-api protocols "ec2 query", "aws query" and "aws json" of smithy.io; order by precision there.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "aws/form.hpp"
#include "aws/http_view.hpp"
#include "aws/service.hpp"
#include "base/result.hpp"

namespace stipend::aws {

struct Call {
  Protocol protocol = Protocol::kEc2;    // always set: in it even the refusal is written
  const Service* service = nullptr;      // null when problem is set and it is not known
  const Operation* operation = nullptr;  // null exactly when problem is set
  std::string action;                    // the name that was asked for, served or not
  std::string_view payload;              // the JSON text
  Form form;                             // the decoded form, or the query of a GET
  // Why the request cannot be served (InvalidAction, MissingAction, UnknownOperationException, …). To be
  // answered only after the signature is verified: strangers do not learn what is served.
  std::optional<base::Error> problem;
};

Call classify(const HttpView& request, std::span<const Service* const> services = all_services());

}  // namespace stipend::aws
