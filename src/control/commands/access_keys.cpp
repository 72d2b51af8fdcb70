#include "control/commands/access_keys.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "control/commands/common.hpp"
#include "control/commands/passes.hpp"
#include "control/vault.hpp"

namespace stipend::control {
namespace {

using base::Fault;
using domain::AccessKey;

std::string setting_of(const base::AccountId& account) { return "access-keys-used/" + account.str(); }

// Only ours writes it.
KeyUse written(const domain::State& state, const base::AccountId& account) {
  KeyUse out;
  const auto* row = state.find<domain::Setting>(setting_of(account));
  const auto value = row ? nlohmann::json::parse(row->value) : nlohmann::json::object();
  for (const auto& [id, ms] : value.items()) out[id] = {ms.get<std::int64_t>()};
  return out;
}

void write(Tx& tx, const base::AccountId& account, const KeyUse& used) {
  auto value = nlohmann::json::object();
  for (const auto& [id, at] : used) value[id] = at.ms;
  tx.save(domain::Setting{setting_of(account), value.dump()});
}

base::Result<AccessKey> own_key(const Tx& tx, const std::string& id) {
  TRY_ASSIGN(const auto* account, own_account(tx));
  const auto* key = tx.state().find<AccessKey>(id);
  if (!key || key->account != account->id)
    return base::fail(Fault::kNotFound, "NoSuchAccessKey", "You have no such access key any more. Load the page again to see those you have.");
  return *key;
}

}  // namespace

MadeAccessKey add_access_key(Tx& tx, const Vault& vault, const base::AccountId& account) {
  MadeAccessKey made;
  do made.id = "AKIA" + random_word(tx.random(), "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 16);
  while (tx.state().find<AccessKey>(made.id));
  made.secret = random_word(tx.random(), "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", 40);
  tx.save(AccessKey{made.id, account, vault.seal(made.secret, tx.random()), tx.now(), true});
  return made;
}

base::Result<MadeAccessKey> create_access_key(Tx& tx, const Vault& vault) {
  TRY_ASSIGN(const auto* account, own_account(tx));
  const auto id = account->id;
  if (const auto own = access_keys_of(tx.state(), id); own.size() >= kAccessKeysMost)
    return base::fail(Fault::kConflict, "LimitExceeded",
                      fmt::format("You have {} access keys, which is the most. Delete one that you use no more, then make a new one.", own.size()));
  const auto made = add_access_key(tx, vault, id);
  tx.audit("create-access-key", id.str(), made.id);
  return made;
}

base::Status set_access_key_active(Tx& tx, const std::string& id, bool active) {
  TRY_ASSIGN(auto key, own_key(tx, id));
  if (key.active == active) return {};
  key.active = active;
  tx.audit(active ? "activate-access-key" : "deactivate-access-key", key.account.str(), id);
  tx.save(std::move(key));
  return {};
}

base::Status delete_access_key(Tx& tx, const std::string& id) {
  TRY_ASSIGN(const auto key, own_key(tx, id));
  tx.erase<AccessKey>(id);
  if (auto used = written(tx.state(), key.account); used.erase(id) > 0) write(tx, key.account, used);
  tx.audit("delete-access-key", key.account.str(), id);
  return {};
}

std::vector<AccessKeyView> access_keys_of(const domain::State& state, const base::AccountId& account) {
  std::vector<AccessKeyView> own;
  const auto used = written(state, account);
  for (const auto& [id, key] : state.access_keys) {
    if (key->account != account) continue;
    const auto at = used.find(id);
    own.push_back({key, at == used.end() ? std::nullopt : std::optional(at->second)});
  }
  std::ranges::sort(own, {}, [](const AccessKeyView& view) { return std::pair(view.key->created, view.key->access_key_id); });
  return own;
}

void note_key_use(Tx& tx, const KeyUse& used) {
  for (const auto& [id, at] : used) {
    const auto* key = tx.state().find<AccessKey>(id);
    if (!key) continue;
    auto known = written(tx.state(), key->account);
    auto& last = known[id];
    if (last < at) {
      last = at;
      write(tx, key->account, known);
    }
  }
}

}  // namespace stipend::control
