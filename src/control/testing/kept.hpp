// Snapshots and elastic addresses for a Table's tests of money, as their commands and the host would make them.
#pragma once

#include <fmt/format.h>

#include <string>

#include "control/commands/snapshots.hpp"
#include "control/testing/table.hpp"
#include "domain/storage.hpp"

namespace stipend::control {

inline const Actor kHostActor{"host", "host", "test", {}, domain::Role::kAdministrator};

// Of the root disk of a machine; empty when it was refused.
inline base::DiskId snapshot_of(Table& table, const std::string& account, const std::string& machine) {
  base::DiskId id;
  table.command(table.actor(account), [&](Tx& tx) -> base::Status {
    TRY_ASSIGN(const auto snapshot, create_snapshot(tx, {.disk = table.instance(machine).root_disk, .description = {}}));
    id = snapshot->id;
    return {};
  });
  return id;
}
inline std::string completed(Table& table, const base::DiskId& id, std::int64_t mib) {
  return table.command(kHostActor, [&](Tx& tx) { return snapshot_done(tx, id, mib); });
}

// An idle one, associated with nothing. `number`: from 1 to 254, in its id and dotted quad.
inline std::string address_id(int number) { return fmt::format("eipalloc-{:017x}", number); }
inline std::string allocated(Table& table, const base::AccountId& account, int number) {
  return table.command(kHostActor, [&](Tx& tx) -> base::Status {
    const auto& catalogue = catalogue_of(tx.state(), account, tx.now());
    domain::Address address;
    address.id = address_id(number);
    address.account = account;
    address.address = "203.0.113." + std::to_string(number);
    address.price = catalogue.address;
    address.catalogue = catalogue.edition;
    address.idle_since = address.created = address.posted_at = tx.now();
    address.reserve_wanted = domain::reserve_for(address.price, 3600);
    domain::Wallet wallet(tx.state(), account, tx.now());
    if (!wallet.add_address(address)) return base::fail(base::Fault::kInvalid, "InsufficientCredit", "no reserve");
    save_wallet(tx, wallet);
    return {};
  });
}
// With a machine, which may run; with none.
inline std::string associated(Table& table, int number, const std::string& machine) {
  return table.command(kHostActor, [&](Tx& tx) -> base::Status {
    const auto before = *tx.state().find<domain::Address>(address_id(number));
    domain::Wallet wallet(tx.state(), before.account, tx.now());
    const auto at = [&](domain::Instance instance, const std::string& address) {
      instance.public_address = address;
      tx.save(std::move(instance));
    };
    if (!before.instance.empty()) at(*tx.state().find<domain::Instance>(before.instance), "");
    wallet.set_idle(before.id, machine.empty() || !table.instance(machine).run);
    auto& address = wallet.edit_address(before.id);
    address.instance = machine.empty() ? base::InstanceId() : table.instance(machine).id;
    address.association = machine.empty() ? "" : "eipassoc-00000000000000001";
    if (!machine.empty()) at(table.instance(machine), before.address);
    save_wallet(tx, wallet);
    return {};
  });
}
inline std::string released(Table& table, int number) {
  return table.command(kHostActor, [&](Tx& tx) -> base::Status {
    domain::Wallet wallet(tx.state(), tx.state().find<domain::Address>(address_id(number))->account, tx.now());
    wallet.release_address(address_id(number));
    save_wallet(tx, wallet);
    return {};
  });
}

}  // namespace stipend::control
