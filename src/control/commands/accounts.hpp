// Commands on courses, accounts, credit, keys, tags, images and the way in. See instances.hpp for how they run.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "control/tx.hpp"
#include "domain/figures.hpp"

namespace stipend::control {

class Vault;  // control/vault.hpp: seals and opens secret keys under STATE/master.key

struct NewCourse {
  std::string name;
  domain::RatePlan plan = domain::RatePlan::kPerSecond;
  std::string catalogue = "2026";
  std::int64_t grace_s = 14 * 86400;
  domain::HomePolicy homes = domain::HomePolicy::kMachine;
  std::int64_t home_gib = 10;
};
base::Result<domain::RowPtr<domain::Course>> create_course(Tx& tx, const NewCourse& request);

struct NewAccount {
  std::string course;               // name or id
  std::string name;                 // of the person
  domain::Role role = domain::Role::kStudent;
  base::Money credit;
  std::string mail = {}, identifier = {}, section = {};
};
struct MadeAccount {
  base::AccountId account;
  std::string access_key_id, secret_access_key;  // the secret is shown here once
  std::string sign_in_token;                     // for /sign-in#TOKEN; 7 days or one use
};
base::Result<MadeAccount> create_account(Tx& tx, const Vault& vault, const NewAccount& request);
// By staff, the operator or the person. Earlier links of the account end.
base::Result<std::string> new_sign_in_token(Tx& tx, const base::AccountId& account);

// Positive gives, negative takes back (never below what is held, reserved or spent: error with the figures).
base::Result<domain::RowPtr<domain::Grant>> grant(Tx& tx, const base::AccountId& account, base::Money amount,
                                                  const std::string& reason);

// The figures of an account at an instant: exact, from rows alone (domain/figures.hpp).
using domain::Figures;
using domain::figures;

struct SaveKeyPair {
  std::string name, type, fingerprint, public_key;
  domain::Tags tags;
  bool dry_run = false;
};
// Duplicate name: InvalidKeyPair.Duplicate. Making the private key is the caller's (api) work.
base::Result<domain::RowPtr<domain::KeyPair>> save_key_pair(Tx& tx, const SaveKeyPair& request);
base::Result<std::optional<base::KeyPairId>> delete_key_pair(Tx& tx, const std::string& name_or_id, bool dry_run);

// Instances, volumes, key pairs; at most 50 a resource. A value of nullopt deletes whatever the value.
struct TagChange {
  std::vector<std::string> resources;
  std::vector<std::pair<std::string, std::optional<std::string>>> tags;
  bool remove = false;
  bool dry_run = false;
};
base::Status change_tags(Tx& tx, const TagChange& change);

base::Status register_image(Tx& tx, domain::Image image);  // same id again: refreshed

// The way in. Secrets are random 128 bit, kept hashed. Every failure is the same PassRefused.
struct SessionMade {
  std::string secret;
  base::AccountId account;
  base::WallTime expires;
};
base::Result<std::string> peek_sign_in(const domain::State& state, base::WallTime now, const std::string& token);  // name
base::Result<SessionMade> redeem_sign_in(Tx& tx, const std::string& token);
base::Result<base::AccountId> session_account(const domain::State& state, base::WallTime now, const std::string& secret);
base::Status sign_out(Tx& tx, const std::string& secret);
// One-use, 60 s; `session` empty when the operator asked for the link.
base::Result<std::string> make_notebook_ticket(Tx& tx, const std::string& session, const base::InstanceId& instance);
base::Result<SessionMade> redeem_notebook_ticket(Tx& tx, const std::string& ticket, const base::InstanceId& instance);
// Where the gateway may connect for a notebook session: fails unless running and the pass is of this instance.
struct NotebookRoute {
  base::InstanceId instance;
  std::int64_t generation = 0;
  std::string address, jupyter_token;
};
base::Result<NotebookRoute> notebook_route(const domain::State& state, base::WallTime now, const std::string& secret,
                                           const base::InstanceId& instance);

}  // namespace stipend::control
