#include "control/commands/addresses.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "control/commands/renewals.hpp"
#include "control/commands/room.hpp"
#include "control/commands/tag_rules.hpp"
#include "domain/instance_state.hpp"
#include "domain/storage.hpp"

namespace stipend::control {
namespace {

using base::Fault;
using domain::Address;
using domain::Instance;
using domain::InstanceState;

constexpr std::int64_t kReserveSeconds = 3600;
constexpr std::size_t kReleasedAtOnce = 200;

template <class Is>
const Address* find_if(const domain::State& state, const base::AccountId& account, Is is) {
  if (const auto of = state.addresses_of.find(account); of != state.addresses_of.end())
    for (const auto& id : of->second)
      if (const auto* address = state.find<Address>(id); is(*address)) return address;
  return nullptr;
}

base::Result<const Address*> own_address(const domain::State& state, const base::AccountId& account, const std::string& id) {
  const auto* address = state.find<Address>(id);
  if (!address || address->account != account)
    return base::fail(Fault::kNotFound, "InvalidAllocationID.NotFound", fmt::format("The allocation ID '{}' does not exist", id));
  return address;
}

base::Result<const Instance*> own_machine(const domain::State& state, const base::AccountId& account, const base::InstanceId& id) {
  const auto* instance = state.find<Instance>(id);
  if (!instance || instance->account != account)
    return base::fail(Fault::kNotFound, "InvalidInstanceID.NotFound", fmt::format("The instance ID '{}' does not exist", id.str()));
  const auto s = instance->state;
  if (s != InstanceState::kRunning && s != InstanceState::kStopping && s != InstanceState::kStopped)
    return base::fail(Fault::kConflict, "InvalidInstanceID",
                      fmt::format("The {} instance '{}' is not in a valid state for this operation.", domain::state_name(s), id.str()));
  return instance;
}

std::unexpected<base::Error> already_associated(std::string_view what, const Address& address) {
  return base::fail(Fault::kConflict, "Resource.AlreadyAssociated",
                    fmt::format("resource {} is already associated with associate-id {}", what, address.association));
}

// The machine is at another address from now on. Until its host confirms that, it is a wish (reports.cpp).
void move_to(Tx& tx, Instance instance, const std::string& address) {
  instance.public_address = address;
  if (instance.run) instance.run->host_address.clear();
  if (instance.state == InstanceState::kRunning) tx.effect(AddressEffect{{instance.id, instance.generation}, address});
  tx.save(std::move(instance));
}

// What a machine that loses its elastic address is reached at: while it runs at one of its own.
base::Status move_to_own(Tx& tx, const base::InstanceId& id) {
  Instance instance = *tx.state().find<Instance>(id);
  std::string address;
  if (instance.run) {
    TRY_ASSIGN(address, take_public_address(tx, {instance.last_public_address}));
    instance.last_public_address = address;
  }
  move_to(tx, std::move(instance), address);
  return {};
}

}  // namespace

base::Result<domain::RowPtr<Address>> allocate_address(Tx& tx, const AllocateAddress& request) {
  TRY_ASSIGN(const auto* account, own_account(tx));
  TRY(check_tags(request.tags));
  if (const auto of = tx.state().addresses_of.find(account->id); of != tx.state().addresses_of.end() && of->second.size() >= kElasticAddressesMost)
    return base::fail(Fault::kConflict, "AddressLimitExceeded", "The maximum number of addresses has been reached.");
  const auto& catalogue = catalogue_of(tx.state(), account->id, tx.now());
  Address address;
  address.id = "eipalloc-" + base::random_hex(tx.random(), 17);
  address.account = account->id;
  TRY_ASSIGN(address.address, take_public_address(tx, {}));
  address.price = catalogue.address;
  address.catalogue = catalogue.edition;
  address.idle_since = tx.now();
  address.reserve_wanted = domain::reserve_for(address.price, kReserveSeconds);
  address.created = address.posted_at = tx.now();
  address.tags = request.tags;
  domain::Wallet wallet(tx.state(), account->id, tx.now());
  if (!wallet.add_address(address)) {
    Shortage shortage{.who = "An elastic address needs", .needed = address.reserve_wanted, .purpose = "to be kept for an hour"};
    return insufficient_credit(tx.state(), account->id, tx.now(), shortage);
  }
  if (request.dry_run) return dry_run_succeeded();
  save_wallet(tx, wallet);
  tx.audit("allocate-address", address.id, address.address);
  return tx.state().elastic_addresses.at(address.id);
}

base::Result<std::string> associate_address(Tx& tx, const AssociateAddress& request) {
  TRY_ASSIGN(const auto* account, own_account(tx));
  TRY_ASSIGN(const auto* address, own_address(tx.state(), account->id, request.address));
  TRY_ASSIGN(const auto* machine, own_machine(tx.state(), account->id, request.instance));
  const auto* other = elastic_address_of(tx.state(), *machine);
  if (!request.allow_reassociation && address != other) {
    if (!address->instance.empty()) return already_associated(address->id, *address);
    if (other) return already_associated(machine->id.view(), *other);
  }
  if (request.dry_run) return dry_run_succeeded();
  if (address == other) return address->association;

  // First, so that no host is asked for an address that another machine still has.
  if (!address->instance.empty()) TRY(move_to_own(tx, address->instance));
  const auto association = "eipassoc-" + base::random_hex(tx.random(), 17);
  domain::Wallet wallet(tx.state(), account->id, tx.now());
  if (other) disassociate(wallet, other->id);
  wallet.set_idle(address->id, !machine->run);
  auto& row = wallet.edit_address(address->id);
  row.instance = machine->id;
  row.association = association;
  move_to(tx, *machine, address->address);
  save_wallet(tx, wallet);
  tx.audit("associate-address", request.address, request.instance.str());
  TRY(renew_with_what_is_free(tx, account->id));  // what was held for an idle address buys run time
  return association;
}

base::Status disassociate_address(Tx& tx, const std::string& association, bool dry_run) {
  TRY_ASSIGN(const auto* account, own_account(tx));
  const auto* address =
      find_if(tx.state(), account->id, [&](const Address& one) { return !association.empty() && one.association == association; });
  if (!address)
    return base::fail(Fault::kNotFound, "InvalidAssociationID.NotFound", fmt::format("The association ID '{}' does not exist", association));
  const auto id = address->id;
  const auto machine = address->instance;
  TRY(move_to_own(tx, machine));
  if (dry_run) return dry_run_succeeded();
  domain::Wallet wallet(tx.state(), account->id, tx.now());
  disassociate(wallet, id);
  save_wallet(tx, wallet);
  tx.audit("disassociate-address", id, machine.str());
  return {};
}

base::Status release_address(Tx& tx, const std::string& id, bool dry_run) {
  TRY_ASSIGN(const auto* account, own_account(tx));
  TRY_ASSIGN(const auto* address, own_address(tx.state(), account->id, id));
  if (!address->instance.empty())
    return base::fail(Fault::kConflict, "InvalidIPAddress.InUse", fmt::format("Address {} is in use.", address->address));
  if (dry_run) return dry_run_succeeded();
  domain::Wallet wallet(tx.state(), account->id, tx.now());
  wallet.release_address(id);
  save_wallet(tx, wallet);
  tx.audit("release-address", id, {});
  return renew_with_what_is_free(tx, account->id);
}

namespace {

std::set<base::AccountId> with_idle_addresses(const domain::State& state) {
  std::set<base::AccountId> accounts;
  for (const auto& [id, address] : state.elastic_addresses)
    if (address->idle_since) accounts.insert(address->account);
  return accounts;
}

}  // namespace

bool has_unpaid_addresses(const domain::State& state, base::WallTime now) {
  return std::ranges::any_of(with_idle_addresses(state), [&](const base::AccountId& account) {
    return !domain::Wallet(state, account, now).unpaid_addresses().empty();
  });
}

base::Status release_unpaid_addresses(Tx& tx) {
  std::size_t released = 0;
  for (const auto& account : with_idle_addresses(tx.state())) {
    domain::Wallet wallet(tx.state(), account, tx.now());
    const auto unpaid = wallet.unpaid_addresses();
    if (unpaid.empty()) continue;
    wallet.post_storage(tx.now());  // in the order of all: the disks first
    for (const auto& id : unpaid) {
      const auto machine = tx.state().find<Address>(id)->instance;
      if (!machine.empty()) TRY(move_to_own(tx, machine));  // it does not run: it has none any more
      wallet.release_address(id);
      tx.audit("release-address", id, "credit");
    }
    save_wallet(tx, wallet);
    TRY(renew_with_what_is_free(tx, account));
    if ((released += unpaid.size()) >= kReleasedAtOnce) break;
  }
  return {};
}

const Address* elastic_address_of(const domain::State& state, const Instance& instance) {
  return find_if(state, instance.account, [&](const Address& one) { return one.instance == instance.id; });
}

const Address* find_elastic_address(const domain::State& state, const base::AccountId& account, const std::string& dotted) {
  return find_if(state, account, [&](const Address& one) { return one.address == dotted; });
}

void disassociate(domain::Wallet& wallet, const std::string& id) {
  wallet.set_idle(id, true);
  auto& address = wallet.edit_address(id);
  address.instance = {};
  address.association.clear();
}

base::Status address_confirmed(Tx& tx, const compute::RunKey& key, const std::string& address) {
  const auto* row = tx.state().find<domain::Instance>(key.instance);
  if (!row || !row->run || row->run->generation != key.generation || row->run->host_address == address) return {};
  domain::Instance instance = *row;
  instance.run->host_address = address;
  tx.save(std::move(instance));
  return {};
}

}  // namespace stipend::control
