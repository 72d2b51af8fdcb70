#include "aws/sts/get_caller_identity.hpp"

#include <fmt/format.h>

#include "api/operation.hpp"

namespace stipend::api {
namespace {

// Every account is one person with the account's own keys: what AWS calls its root user.
Answer<sts::GetCallerIdentity> get_caller_identity(Context context, sts::GetCallerIdentity::Request) {
  sts::GetCallerIdentity::Response response;
  response.account = context.account().str();
  response.user_id = context.account().str();
  response.arn = fmt::format("arn:aws:iam::{}:root", context.account().str());
  co_return response;
}

}  // namespace

extern constinit const Entry kStsGetCallerIdentity = entry<sts::GetCallerIdentity, get_caller_identity>();

}  // namespace stipend::api
