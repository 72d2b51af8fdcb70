#include "control/ssh_access.hpp"

#include <fmt/format.h>

namespace stipend::control {
namespace {

using base::Fault;
using domain::State;

// The first two words of an OpenSSH line: kind and key, without the comment.
std::string_view key_words(std::string_view line) {
  const auto first = line.find(' ');
  return first == std::string_view::npos ? line : line.substr(0, line.find(' ', first + 1));
}

bool may_enter(const State& state, const base::AccountId& id) {
  const auto* account = state.find<domain::Account>(id);
  return account && account->status != domain::AccountStatus::kSuspended;
}

bool is_reachable(const domain::Instance& instance) {
  return instance.run &&
         (instance.state == domain::InstanceState::kPending || instance.state == domain::InstanceState::kRunning);
}

SshMachine to_machine(const domain::Instance& instance) {
  return {instance.id, instance.account, instance.run->generation, instance.private_address, instance.public_address};
}

template <class Visit>  // until it returns false
void each_machine(const State& state, const base::AccountId& account, Visit visit) {
  const auto own = state.instances_of.find(account);
  if (own == state.instances_of.end()) return;
  for (const auto& id : own->second)
    if (const auto* instance = state.find<domain::Instance>(id); instance && !visit(*instance)) return;
}

}  // namespace

std::optional<SshKey> find_ssh_key(const State& state, std::string_view key) {
  SshKey found;
  for (const auto& [id, pair] : state.key_pairs)
    if (key_words(pair->public_key) == key && may_enter(state, pair->account)) found.accounts.insert(pair->account);
  if (found.accounts.empty()) return {};
  for (const auto& account : found.accounts)
    each_machine(state, account, [&](const domain::Instance& instance) {
      if (is_reachable(instance)) found.machines.push_back(to_machine(instance));
      return found.machines.size() < kSshMachinesMax;
    });
  return found;
}

base::Result<SshMachine> find_ssh_machine(const State& state, const base::AccountId& account, std::string_view name) {
  if (!may_enter(state, account))
    return base::fail(Fault::kDenied, "AccountSuspended", "This account is suspended. Ask your teacher.");
  std::optional<base::Result<SshMachine>> found;
  each_machine(state, account, [&](const domain::Instance& instance) {
    const bool meant = instance.id.view() == name || (!name.empty() && is_reachable(instance) &&
                                                      (instance.private_address == name || instance.public_address == name));
    if (!meant) return true;
    if (is_reachable(instance)) found = to_machine(instance);
    else
      found = base::fail(Fault::kConflict, "NotRunning", fmt::format("{} does not run. Start it, then try again.", instance.id.str()));
    return false;
  });
  if (found) return *std::move(found);
  return base::fail(Fault::kNotFound, "NoSuchMachine",
                    "This account has no running machine of that name. Name it by its instance id (i-…) or its address.");
}

bool is_others_address(const State& state, const std::set<base::AccountId>& accounts, const std::string& address) {
  if (!state.addresses.contains(address)) return false;
  for (const auto& id : state.with_run) {
    const auto* instance = state.find<domain::Instance>(id);
    if (instance && (instance->public_address == address || instance->private_address == address))
      return !accounts.contains(instance->account);
  }
  return false;
}

}  // namespace stipend::control
