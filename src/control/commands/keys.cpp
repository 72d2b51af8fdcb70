#include <fmt/format.h>

#include <algorithm>

#include "control/commands/accounts.hpp"
#include "control/commands/common.hpp"
#include "control/commands/tag_rules.hpp"

namespace stipend::control {
namespace {

using base::Fault;

constexpr std::size_t kKeyPairsOfAnAccount = 5000;

const domain::KeyPair* find_key(const domain::State& state, const base::AccountId& account, const std::string& name_or_id) {
  const auto of = state.key_pairs_of.find(account);
  if (of == state.key_pairs_of.end()) return nullptr;
  for (const auto& id : of->second)
    if (const auto* key = state.find<domain::KeyPair>(id); key->name == name_or_id || id.str() == name_or_id) return key;
  return nullptr;
}

}  // namespace

base::Result<domain::RowPtr<domain::KeyPair>> save_key_pair(Tx& tx, const SaveKeyPair& request) {
  TRY_ASSIGN(const auto* account, own_account(tx));
  const bool ascii = std::ranges::all_of(request.name, [](char c) { return c >= 0x20 && c < 0x7f; });
  if (request.name.empty() || request.name.size() > 255 || !ascii || request.name.front() == ' ' || request.name.back() == ' ')
    return base::fail(Fault::kInvalid, "InvalidParameterValue",
                      "Value for parameter KeyName is invalid. Up to 255 ASCII characters, without leading or trailing spaces.");
  if (find_key(tx.state(), account->id, request.name))
    return base::fail(Fault::kConflict, "InvalidKeyPair.Duplicate", fmt::format("The keypair '{}' already exists.", request.name));
  TRY(check_tags(request.tags));
  if (const auto of = tx.state().key_pairs_of.find(account->id);
      of != tx.state().key_pairs_of.end() && of->second.size() >= kKeyPairsOfAnAccount)
    return base::fail(Fault::kNoRoom, "ResourceLimitExceeded",
                      fmt::format("an account may have {} key pairs; delete some", kKeyPairsOfAnAccount));
  if (request.dry_run) return dry_run_succeeded();
  domain::KeyPair key{base::make_id<base::KeyPairId>(tx.random()), account->id, request.name, request.type,
                      request.fingerprint, request.public_key, request.tags, tx.now()};
  const auto id = key.id;
  tx.save(std::move(key));
  tx.audit("save-key-pair", id.str(), {});
  return tx.state().key_pairs.at(id);
}

base::Result<std::optional<base::KeyPairId>> delete_key_pair(Tx& tx, const std::string& name_or_id, bool dry_run) {
  TRY_ASSIGN(const auto* account, own_account(tx));
  if (dry_run) return dry_run_succeeded();
  const auto* key = find_key(tx.state(), account->id, name_or_id);
  if (!key) return std::nullopt;
  const auto id = key->id;
  tx.erase<domain::KeyPair>(id);
  tx.audit("delete-key-pair", id.str(), {});
  return id;
}

}  // namespace stipend::control
