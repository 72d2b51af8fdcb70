// Access keys: what AWS clients sign with. A person makes, switches off and deletes the own account's, at most two at a
// time, active or not, as on AWS. Suspension touches no key: those of a suspended account are not found while it lasts
// (control/key_directory.hpp), and what their person switched off stays off afterwards. On the engine's strand only.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "control/tx.hpp"

namespace stipend::control {

class Vault;

inline constexpr std::size_t kAccessKeysMost = 2;

struct MadeAccessKey {
  std::string id, secret;  // the secret is shown here once
};
// For an account that is being made; checks nothing.
MadeAccessKey add_access_key(Tx& tx, const Vault& vault, const base::AccountId& account);

// Of the actor's own account. LimitExceeded, NoSuchAccessKey, AccountSuspended.
base::Result<MadeAccessKey> create_access_key(Tx& tx, const Vault& vault);
base::Status set_access_key_active(Tx& tx, const std::string& id, bool active);
base::Status delete_access_key(Tx& tx, const std::string& id);

struct AccessKeyView {
  domain::RowPtr<domain::AccessKey> key;
  std::optional<base::WallTime> used;  // as far as it is written; empty: never
};
// Oldest first.
std::vector<AccessKeyView> access_keys_of(const domain::State& state, const base::AccountId& account);

// When keys were last used, kept as a setting "access-keys-used/ACCOUNT" for each account: apart from the keys, whose rows
// are copied for every signature check to see. Keys that are gone are left out, earlier instants than the one written too.
using KeyUse = std::map<std::string, base::WallTime>;
void note_key_use(Tx& tx, const KeyUse& used);

}  // namespace stipend::control
