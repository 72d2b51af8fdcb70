// The client's side of the same codecs: typed requests to bytes, answers to structs. Used where Stipend
// itself calls AWS, and by the tests, which hold both sides to the same vectors. Signing is aws/sigv4.hpp.
// Any thread.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "aws/service.hpp"
#include "base/result.hpp"

namespace stipend::aws {

// To be sent as POST /, with Host added, then signed.
struct ClientRequest {
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
};

ClientRequest request_bytes(const Operation& operation, Protocol protocol, const void* request);

// An error answer becomes its code and message (Fault by status: 4xx kInvalid, 5xx kUnavailable).
base::Status read_answer(const Operation& operation, Protocol protocol, int status, std::string_view body,
                         void* response);

template <class Op>
ClientRequest request_of(Protocol protocol, const typename Op::Request& request) {
  return request_bytes(Op::kOperation, protocol, &request);
}

template <class Op>
base::Result<typename Op::Response> response_of(Protocol protocol, int status, std::string_view body) {
  typename Op::Response response;
  TRY(read_answer(Op::kOperation, protocol, status, body, &response));
  return response;
}

}  // namespace stipend::aws
