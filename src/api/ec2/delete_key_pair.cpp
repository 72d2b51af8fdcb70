#include "aws/ec2/delete_key_pair.hpp"

#include "api/operation.hpp"
#include "control/commands/accounts.hpp"

namespace stipend::api {
namespace {

// A key pair that is not there is a success, as AWS answers it.
Answer<ec2::DeleteKeyPair> delete_key_pair(Context context, ec2::DeleteKeyPair::Request request) {
  const auto named = request.key_name ? request.key_name : request.key_pair_id;
  if (!named)
    co_return fail(Fault::kInvalid, "MissingParameter", "The request must contain the parameter KeyName");
  const bool dry_run = request.dry_run.value_or(false);
  using Deleted = std::optional<base::KeyPairId>;
  CO_TRY_ASSIGN(const auto id, co_await control::run<Deleted>(context.engine(), context.actor,
                                                              [name = *named, dry_run](control::Tx& tx) {
                                                                return control::delete_key_pair(tx, name,
                                                                                                dry_run);
                                                              }));
  ec2::DeleteKeyPair::Response response;
  response.return_ = true;
  if (id) response.key_pair_id = id->str();
  co_return response;
}

}  // namespace

extern constinit const Entry kEc2DeleteKeyPair = entry<ec2::DeleteKeyPair, delete_key_pair>();

}  // namespace stipend::api
