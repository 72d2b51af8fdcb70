#include "aws/auth_error.hpp"

#include <array>
#include <utility>

namespace stipend::aws {
namespace {

struct Spelling {
  const char* ec2;
  const char* query;
  const char* json;
};

Spelling spelling(AuthFault fault) {
  switch (fault) {
    case AuthFault::kNone:
      return {"MissingAuthenticationToken", "MissingAuthenticationToken",
              "MissingAuthenticationTokenException"};
    case AuthFault::kIncomplete:
      return {"IncompleteSignature", "IncompleteSignature", "IncompleteSignatureException"};
    case AuthFault::kUnknownKey:
      return {"AuthFailure", "InvalidClientTokenId", "UnrecognizedClientException"};
    case AuthFault::kMismatch:
    case AuthFault::kScope: return {"AuthFailure", "SignatureDoesNotMatch", "InvalidSignatureException"};
    case AuthFault::kStale: return {"RequestExpired", "SignatureDoesNotMatch", "InvalidSignatureException"};
    case AuthFault::kExpiredToken: return {"RequestExpired", "ExpiredToken", "ExpiredTokenException"};
  }
  std::unreachable();
}

std::string sentence(AuthFault fault, bool ec2, std::string detail) {
  constexpr auto kRefused = "AWS was not able to validate the provided access credentials";
  switch (fault) {
    case AuthFault::kNone: return "Request is missing Authentication Token";
    case AuthFault::kIncomplete: return detail;
    case AuthFault::kUnknownKey:
      return ec2 ? kRefused : "The security token included in the request is invalid.";
    case AuthFault::kMismatch:
      return ec2 ? kRefused
                 : "The request signature we calculated does not match the signature you provided. Check "
                   "your AWS "
                   "Secret Access Key and signing method. Consult the service documentation for details.";
    case AuthFault::kScope: return ec2 ? kRefused : detail;
    case AuthFault::kStale: return ec2 ? "Request has expired." : detail;
    case AuthFault::kExpiredToken:
      return ec2 ? "Request has expired." : "The security token included in the request is expired";
  }
  std::unreachable();
}

}  // namespace

base::Error auth_error(AuthFault fault, Protocol protocol, std::string detail) {
  const auto words = spelling(fault);
  const bool ec2 = protocol == Protocol::kEc2;
  const char* code = ec2 ? words.ec2 : protocol == Protocol::kQuery ? words.query : words.json;
  const auto kind = fault == AuthFault::kIncomplete ? base::Fault::kInvalid : base::Fault::kDenied;
  return {kind, code, sentence(fault, ec2, std::move(detail))};
}

}  // namespace stipend::aws
