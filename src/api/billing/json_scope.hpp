// What a page token of a JSON service is good for: the request without its token and page size.
#pragma once

#include "api/context.hpp"
#include "aws/json_codec.hpp"
#include "base/digest.hpp"

namespace stipend::api {

// Of a decoded request whose token and page size were taken out.
template <class Op>
std::string json_request_hash(const typename Op::Request& request) {
  std::string text;
  aws::write_json(text, *Op::kOperation.request, &request);
  return base::sha256_hex(text);
}

}  // namespace stipend::api
