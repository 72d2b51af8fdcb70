// Which machines a key pair opens at the jump host, and which machine an account may be tunnelled to. Reads of the
// state, nothing else. A machine can be reached while it has a run that is pending or running; a suspended account
// reaches none.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "domain/state.hpp"

namespace stipend::control {

struct SshMachine {
  base::InstanceId instance;
  base::AccountId account;
  std::int64_t generation = 0;
  std::string private_address, public_address;
};

// Accounts that hold this key pair. Usually one; the same key may have been imported by several.
struct SshKey {
  std::set<base::AccountId> accounts;
  std::vector<SshMachine> machines;  // of those accounts
};

inline constexpr std::size_t kSshMachinesMax = 256;  // of one key

// `key` is an OpenSSH public key without comment, "ssh-ed25519 AAAA…". Nothing: no account that may sign in holds it.
std::optional<SshKey> find_ssh_key(const domain::State& state, std::string_view key);

// The account's own machine by id, or by one of its present addresses. Refusals are sentences for its person; another
// account's machine is told as one that does not exist.
base::Result<SshMachine> find_ssh_machine(const domain::State& state, const base::AccountId& account, std::string_view name);

// Does the address belong to a machine of somebody else now?
bool is_others_address(const domain::State& state, const std::set<base::AccountId>& accounts, const std::string& address);

}  // namespace stipend::control
