#include "aws/ec2/create_key_pair.hpp"

#include "api/ec2/key_names.hpp"
#include "api/operation.hpp"
#include "control/commands/accounts.hpp"

namespace stipend::api {
namespace {

using KeyPairRow = domain::RowPtr<domain::KeyPair>;

base::Status refuse_duplicate(const domain::State& state, const base::AccountId& account,
                              const std::string& name) {
  if (find_key_pair(state, account, name) == nullptr) return {};
  return fail(Fault::kConflict, "InvalidKeyPair.Duplicate", "The keypair '" + name + "' already exists.");
}

Answer<ec2::CreateKeyPair> create_key_pair(Context context, ec2::CreateKeyPair::Request request) {
  control::SaveKeyPair save;
  save.name = request.key_name.value_or("");
  CO_TRY(check_key_name(save.name));
  CO_TRY_ASSIGN(save.tags, key_pair_tags(request.tag_specifications));
  const auto type = request.key_type == "ed25519" ? KeyType::kEd25519 : KeyType::kRsa;
  const auto format = request.key_format == "ppk" ? KeyFormat::kPpk : KeyFormat::kPem;
  // Before the key, which is dear; save_key_pair decides.
  CO_TRY((co_await control::read<bool>(context.engine(), context.actor,
                                       [account = context.account(), name = save.name](
                                           const domain::State& state, base::WallTime) -> base::Result<bool> {
                                         TRY(refuse_duplicate(state, account, name));
                                         return true;
                                       })));
  if (request.dry_run.value_or(false)) co_return dry_run_operation();

  CO_TRY_ASSIGN(auto made, co_await context.key_workers->make(type, format, save.name));
  save.type = to_text(type);
  save.fingerprint = made.public_key.fingerprint;
  save.public_key = made.public_key.line;
  CO_TRY_ASSIGN(const auto row,
                co_await control::run<KeyPairRow>(context.engine(), context.actor, [save](control::Tx& tx) {
                  return control::save_key_pair(tx, save);
                }));
  ec2::CreateKeyPair::Response response;
  response.key_pair_id = row->id.str();
  response.key_name = row->name;
  response.key_fingerprint = row->fingerprint;
  response.key_material = std::move(made.private_text);
  response.tags = to_aws(row->tags);
  co_return response;
}

}  // namespace

extern constinit const Entry kEc2CreateKeyPair = entry<ec2::CreateKeyPair, create_key_pair>();

}  // namespace stipend::api
