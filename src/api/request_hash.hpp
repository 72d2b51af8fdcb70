// What makes two requests "the same": for ClientToken and for NextToken. Pure.
#pragma once

#include <string>

#include "aws/call.hpp"

namespace stipend::api {

// Over action and parameters, in whatever order they came; without ClientToken, NextToken, MaxResults, DryRun
// and what belongs to a signature in the query.
std::string request_hash(const aws::Call& call);

}  // namespace stipend::api
