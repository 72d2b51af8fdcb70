// Room: what the host can still run, and which addresses are free. Kept as settings, so that money, policy and
// room are decided in one step on the strand. One host today; the provider reports its size after it connected.
#pragma once

#include <optional>
#include <string>

#include "control/tx.hpp"
#include "domain/room.hpp"

namespace stipend::control {

using domain::RoomPolicy;
// Called after the provider connected and whenever its host changes.
std::int64_t disk_steps(std::int64_t mib);
base::Status set_room(Tx& tx, const compute::HostRoom& host, const RoomPolicy& policy);
base::Status set_addresses(Tx& tx, const compute::AddressRanges& ranges);
// Absent until set_addresses.
std::optional<compute::AddressRanges> address_ranges(const domain::State& state);

// The host as the policy allows it to be used; absent until set_room.
std::optional<domain::Host> total_room(const domain::State& state);
// What one vCPU of a type without a baseline is guaranteed.
std::int64_t vcpu_milli(const domain::State& state);
// All that is promised now; absent until set_room.
std::optional<domain::Room> room_now(const domain::State& state, base::WallTime now);

// How a start is held against the room: as everybody's; as the one whose turn in the queue it is; not at all (only to
// learn whether all else is in order).
enum class RoomRule : std::uint8_t { kCheck, kTurn, kIgnore };
// Whether the machines fit; else InsufficientInstanceCapacity. Costs nothing. `what`: "t2.medium".
base::Status check_room(const Tx& tx, RoomRule rule, const std::string& what, const domain::Wish& wish);
std::unexpected<base::Error> no_room(const std::string& what, const domain::Lack& lack);
// What `count` machines of the type ask for.
domain::Wish wish_for(const domain::State& state, const base::CourseId& course, const domain::InstanceType& type, std::int64_t count,
                      std::int64_t new_disks_gib = 0);

// Whether it lies in the private range of today: an administrator may have changed it since the address was taken.
bool is_private_address(const domain::State& state, const std::string& address);
// A free address; the caller puts it into the instance's row, which marks it used. InsufficientAddressCapacity.
base::Result<std::string> take_private_address(Tx& tx, const std::set<std::string>& also_used);
base::Result<std::string> take_public_address(Tx& tx, const std::set<std::string>& also_used);

}  // namespace stipend::control
