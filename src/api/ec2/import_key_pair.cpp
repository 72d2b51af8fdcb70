#include "aws/ec2/import_key_pair.hpp"

#include "api/ec2/key_names.hpp"
#include "api/keys/key_pair.hpp"
#include "api/operation.hpp"
#include "control/commands/accounts.hpp"

namespace stipend::api {
namespace {

Answer<ec2::ImportKeyPair> import_key_pair(Context context, ec2::ImportKeyPair::Request request) {
  control::SaveKeyPair save;
  save.name = request.key_name.value_or("");
  CO_TRY(check_key_name(save.name));
  CO_TRY_ASSIGN(save.tags, key_pair_tags(request.tag_specifications));
  CO_TRY_ASSIGN(auto key, read_public_key(request.public_key_material.value_or(""), save.name));
  save.type = to_text(key.type);
  save.fingerprint = std::move(key.fingerprint);
  save.public_key = std::move(key.line);
  save.dry_run = request.dry_run.value_or(false);
  CO_TRY_ASSIGN(const auto row,
                co_await control::run<domain::RowPtr<domain::KeyPair>>(
                    context.engine(), context.actor,
                    [save = std::move(save)](control::Tx& tx) { return control::save_key_pair(tx, save); }));
  ec2::ImportKeyPair::Response response;
  response.key_pair_id = row->id.str();
  response.key_name = row->name;
  response.key_fingerprint = row->fingerprint;
  response.tags = to_aws(row->tags);
  co_return response;
}

}  // namespace

extern constinit const Entry kEc2ImportKeyPair = entry<ec2::ImportKeyPair, import_key_pair>();

}  // namespace stipend::api
