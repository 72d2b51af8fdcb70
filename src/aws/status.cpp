// HTTP statuses of AWS errors. By code where AWS has a status of its own, else by the kind of failure.
#include <algorithm>
#include <array>

#include "aws/codec.hpp"

namespace stipend::aws {
namespace {

struct Row {
  std::string_view code;
  int status;
};

constexpr std::array kStatuses = std::to_array<Row>({
    {"AccessDenied", 403},
    {"AccessDeniedException", 400},
    {"AuthFailure", 401},
    {"AuthorizationError", 403},
    {"DryRunOperation", 412},
    {"ExpiredToken", 403},
    {"ExpiredTokenException", 403},
    {"InternalError", 500},
    {"InternalFailure", 500},
    {"InvalidClientTokenId", 403},
    {"InvalidSignatureException", 403},
    {"MissingAuthenticationToken", 403},
    {"MissingAuthenticationTokenException", 403},
    {"OptInRequired", 403},
    {"RequestLimitExceeded", 503},
    {"ServiceUnavailable", 503},
    {"SignatureDoesNotMatch", 403},
    {"Throttling", 400},
    {"ThrottlingException", 400},
    {"Unavailable", 503},
    {"UnauthorizedOperation", 403},
    {"UnrecognizedClientException", 403},
});

}  // namespace

int http_status(Protocol protocol, const base::Error& error) {
  const auto row = std::ranges::find(kStatuses, error.code, &Row::code);
  if (row != kStatuses.end()) return row->status;
  switch (error.fault) {
    case base::Fault::kInvalid:
    case base::Fault::kNotFound:
    case base::Fault::kConflict:
    case base::Fault::kDenied:
    case base::Fault::kNoCredit: return 400;
    case base::Fault::kNoRoom:  // of capacity EC2 says 500, which clients try again; limits are the caller's
      return protocol == Protocol::kEc2 && !error.code.ends_with("LimitExceeded") ? 500 : 400;
    case base::Fault::kThrottled:
    case base::Fault::kUnavailable: return 503;
    case base::Fault::kInternal: return 500;
  }
  return 500;
}

}  // namespace stipend::aws
