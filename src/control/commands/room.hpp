// Room: what the host can still run, and which addresses are free. Kept as settings, so that money, policy and
// room are decided in one step on the strand. One host today; the provider reports its size after it connected.
#pragma once

#include <optional>
#include <string>

#include "control/tx.hpp"

namespace stipend::control {

struct RoomPolicy {
  std::int64_t vcpu_percent = 400;    // vCPUs that may be sold for each 100 of the host's
  std::int64_t memory_percent = 100;
};
// Called after the provider connected and whenever its host changes.
base::Status set_room(Tx& tx, const compute::HostRoom& host, const RoomPolicy& policy);
base::Status set_addresses(Tx& tx, const compute::AddressRanges& ranges);
// Absent until set_addresses.
std::optional<compute::AddressRanges> address_ranges(const domain::State& state);

struct Room {
  base::HostId host;
  std::int64_t cpus = 0, vcpus = 0, memory_mib = 0, disk_free_mib = 0;  // vcpus, memory_mib: what may be sold
};
// Absent until set_room.
std::optional<Room> total_room(const domain::State& state);
// What is left: total less every machine that has a run.
std::optional<Room> free_room(const domain::State& state);

// Whether `count` more machines of the type fit; else InsufficientInstanceCapacity. Costs nothing.
base::Status check_room(const domain::State& state, const std::string& type_name, const compute::Size& size,
                        std::int64_t count);

// Whether it lies in the private range of today: an administrator may have changed it since the address was taken.
bool is_private_address(const domain::State& state, const std::string& address);
// A free address; the caller puts it into the instance's row, which marks it used. InsufficientAddressCapacity.
base::Result<std::string> take_private_address(Tx& tx, const std::set<std::string>& also_used);
base::Result<std::string> take_public_address(Tx& tx, const std::set<std::string>& also_used);

}  // namespace stipend::control
