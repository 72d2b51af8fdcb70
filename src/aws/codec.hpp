// Typed requests and answers: the one door between HTTP and the structs of generated aws/SERVICE/*.hpp.
// Server side; any thread. An operation Op is the generated struct, e.g. ec2::RunInstances:
//   Op::Request, Op::Response, Op::kOperation.
#pragma once

#include <string_view>

#include "aws/call.hpp"
#include "aws/http_view.hpp"
#include "base/result.hpp"

namespace stipend::aws {

base::Status decode_into(const Call& call, const Structure& shape, void* request);
HttpAnswer encode_response(const Call& call, const Operation& operation, const void* response,
                           std::string_view request_id);

// The request as its struct, validated against the model: UnknownParameter, MissingParameter,
// InvalidParameterValue, … in the service's own spelling. Expects call.operation to be Op's.
template <class Op>
base::Result<typename Op::Request> decode(const Call& call) {
  typename Op::Request request;
  TRY(decode_into(call, *Op::kOperation.request, &request));
  return request;
}

template <class Op>
HttpAnswer encode(const Call& call, const typename Op::Response& response, std::string_view request_id) {
  return encode_response(call, Op::kOperation, &response, request_id);
}

// An error in the call's protocol, with its HTTP status.
HttpAnswer encode_error(const Call& call, const base::Error& error, std::string_view request_id);

// The HTTP status AWS gives with this error in this protocol.
int http_status(Protocol protocol, const base::Error& error);

}  // namespace stipend::aws
