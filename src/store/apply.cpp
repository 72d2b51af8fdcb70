#include "store/apply.hpp"

#include <algorithm>
#include <type_traits>

#include "domain/storage.hpp"

namespace stipend::store {
namespace {

using domain::State;

template <class Owner, class Id>
void add_to(std::map<Owner, std::set<Id>>& index, const Owner& owner, const Id& id) {
  index[owner].insert(id);
}
template <class Owner, class Id>
void take_from(std::map<Owner, std::set<Id>>& index, const Owner& owner, const Id& id) {
  const auto at = index.find(owner);
  if (at == index.end()) return;
  at->second.erase(id);
  if (at->second.empty()) index.erase(at);
}

template <class Of, class Row>
void note(Of& of, const Row& row, bool present) {
  if (present)
    add_to(of, row.account, row.id);
  else
    take_from(of, row.account, row.id);
}

// A machine that has an elastic address names the same one as the address's row, in whichever order both change.
bool is_elastic(const State& state, const domain::AccountId& account, const std::string& address) {
  const auto of = state.addresses_of.find(account);
  return of != state.addresses_of.end() && std::ranges::any_of(of->second, [&](const std::string& id) {
    return state.elastic_addresses.at(id)->address == address;
  });
}
bool is_of_a_machine(const State& state, const domain::AccountId& account, const std::string& address) {
  const auto of = state.instances_of.find(account);
  return of != state.instances_of.end() && std::ranges::any_of(of->second, [&](const domain::InstanceId& id) {
    return state.instances.at(id)->public_address == address;
  });
}

template <class Row>
void index([[maybe_unused]] State& state, [[maybe_unused]] const Row& row, [[maybe_unused]] bool present) {
  if constexpr (std::is_same_v<Row, domain::Instance>) {
    note(state.instances_of, row, present);
    if (row.run) {
      if (present)
        state.with_run.insert(row.id);
      else
        state.with_run.erase(row.id);
      state.used_cpu_milli += present ? row.run->cpu_milli : -row.run->cpu_milli;
      state.used_memory_mib += present ? row.run->memory_mib : -row.run->memory_mib;
    }
    for (const auto* address : {&row.private_address, &row.public_address}) {
      if (address->empty()) continue;
      if (present)
        state.addresses.insert(*address);
      else if (!is_elastic(state, row.account, *address))
        state.addresses.erase(*address);
    }
  } else if constexpr (std::is_same_v<Row, domain::Disk>) {
    note(state.disks_of, row, present);
    state.disks_gib += present ? domain::occupied_gib(row) : -domain::occupied_gib(row);
  } else if constexpr (std::is_same_v<Row, domain::Address>) {
    note(state.addresses_of, row, present);
    if (present)
      state.addresses.insert(row.address);
    else if (!is_of_a_machine(state, row.account, row.address))
      state.addresses.erase(row.address);
  } else if constexpr (std::is_same_v<Row, domain::Grant>) {
    note(state.grants_of, row, present);
  } else if constexpr (std::is_same_v<Row, domain::KeyPair>) {
    note(state.key_pairs_of, row, present);
  }
}

// Whether the indexes say the same of both: most changes of a machine are of its run's figures.
template <class Row>
bool is_indexed_alike(const Row& a, const Row& b) {
  if constexpr (std::is_same_v<Row, domain::Instance>)
    return a.account == b.account && a.run.has_value() == b.run.has_value() &&
           (!a.run || (a.run->cpu_milli == b.run->cpu_milli && a.run->memory_mib == b.run->memory_mib)) &&
           a.private_address == b.private_address && a.public_address == b.public_address;
  else if constexpr (std::is_same_v<Row, domain::Disk>)
    return a.account == b.account && domain::occupied_gib(a) == domain::occupied_gib(b);
  else if constexpr (std::is_same_v<Row, domain::Address>)
    return a.account == b.account && a.address == b.address;
  else if constexpr (std::is_same_v<Row, domain::Grant> || std::is_same_v<Row, domain::KeyPair>)
    return a.account == b.account;
  else
    return true;  // it has none
}

// Makes `key` be `row` (null: be absent) and returns what was.
template <class Row>
Before<Row> swap_in(State& state, const domain::Key<Row>& key, domain::RowPtr<Row> row) {
  auto& table = state.table<Row>();
  Before<Row> before{key, nullptr};
  const auto at = table.find(key);
  if (at != table.end()) before.row = at->second;
  const bool alike = before.row && row && is_indexed_alike(*before.row, *row);
  if (before.row && !alike) index(state, *before.row, false);
  if (row) {
    if (!alike) index(state, *row, true);
    if (at != table.end())
      at->second = std::move(row);
    else
      table.emplace(key, std::move(row));
  } else if (at != table.end()) {
    table.erase(at);
  }
  return before;
}

template <class Row>
Undo apply_one(State& state, const Put<Row>& put) {
  if constexpr (std::is_same_v<Row, domain::Entry> || std::is_same_v<Row, domain::Audit>) {
    BeforeLog before{state.last_entry, state.last_audit, {}};
    if constexpr (std::is_same_v<Row, domain::Entry>) {
      before.last_chain = std::exchange(state.last_chain, put.row->chain);
      state.last_entry = put.row->number;
    } else {
      before.last_chain = state.last_chain;
      state.last_audit = put.row->number;
    }
    return before;
  } else {
    return swap_in<Row>(state, put.row->key(), put.row);
  }
}
template <class Row>
Undo apply_one(State& state, const Erase<Row>& erase) {
  return swap_in<Row>(state, erase.key, nullptr);
}

template <class Row>
void undo_one(State& state, const Before<Row>& before) {
  swap_in<Row>(state, before.key, before.row);
}
void undo_one(State& state, const BeforeLog& before) {
  state.last_entry = before.last_entry;
  state.last_audit = before.last_audit;
  state.last_chain = before.last_chain;
}

}  // namespace

Undo apply(State& state, const Change& change) {
  return std::visit([&](const auto& one) { return apply_one(state, one); }, change);
}

void undo(State& state, const Undo& before) {
  std::visit([&](const auto& one) { undo_one(state, one); }, before);
}

template <class Row>
void insert_loaded(State& state, Row row) {
  auto made = std::make_shared<const Row>(std::move(row));
  index(state, *made, true);
  auto& table = state.table<Row>();
  table.emplace_hint(table.end(), made->key(), made);
}
template void insert_loaded(State&, domain::Course);
template void insert_loaded(State&, domain::Person);
template void insert_loaded(State&, domain::Account);
template void insert_loaded(State&, domain::AccessKey);
template void insert_loaded(State&, domain::KeyPair);
template void insert_loaded(State&, domain::Image);
template void insert_loaded(State&, domain::Disk);
template void insert_loaded(State&, domain::Instance);
template void insert_loaded(State&, domain::Grant);
template void insert_loaded(State&, domain::Hold);
template void insert_loaded(State&, domain::ClientToken);
template void insert_loaded(State&, domain::Pass);
template void insert_loaded(State&, domain::Setting);
template void insert_loaded(State&, domain::JoinCode);
template void insert_loaded(State&, domain::CourseLink);
template void insert_loaded(State&, domain::QueuePlace);
template void insert_loaded(State&, domain::Spend);
template void insert_loaded(State&, domain::CreditCode);
template void insert_loaded(State&, domain::Catalogue);
template void insert_loaded(State&, domain::Outage);
template void insert_loaded(State&, domain::Budget);
template void insert_loaded(State&, domain::Mail);
template void insert_loaded(State&, domain::Address);

}  // namespace stipend::store
