// Commands on machines. Each is called inside Engine::submit / control::run on the strand, decides money, policy
// and room in that one step, and leaves wishes as effects. Errors carry AWS's codes; too little money is
// `InsufficientCredit` (Fault::kNoCredit) with both figures in the message, no room is
// `InsufficientInstanceCapacity` (Fault::kNoRoom). An id of another account is not found.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "control/commands/room.hpp"
#include "control/tx.hpp"

namespace stipend::control {

struct LaunchRequest {
  base::ImageId image;
  std::string type;                  // catalogue name, checked
  std::int64_t min_count = 1, max_count = 1;
  std::string key_name;              // empty: none
  std::string user_data;             // raw bytes
  std::string client_token;          // empty: none
  std::string request_hash;          // of everything but the token; for IdempotentParameterMismatch
  std::int64_t root_gib = 0;         // 0: the image's
  bool delete_root_on_termination = true;
  std::string zone;                  // empty: any
  bool terminate_on_guest_shutdown = false;
  bool disable_api_termination = false;
  domain::Tags instance_tags, volume_tags;
  bool dry_run = false;              // all checks, then DryRunOperation
  RoomRule room = RoomRule::kCheck;
};
struct Launched {
  domain::ReservationId reservation;
  std::vector<domain::RowPtr<domain::Instance>> instances;
};
base::Result<Launched> launch(Tx& tx, const LaunchRequest& request);

struct StateChange {
  base::InstanceId id;
  domain::InstanceState previous, current;
};
using StateChanges = std::vector<StateChange>;

struct StopRequest {
  std::vector<base::InstanceId> ids;
  bool force = false;
  bool dry_run = false;
};
// Start: all or nothing. Staff may name instances of accounts of their course; others only their own.
base::Result<StateChanges> start(Tx& tx, const std::vector<base::InstanceId>& ids, bool dry_run, RoomRule room = RoomRule::kCheck);
base::Result<StateChanges> stop(Tx& tx, const StopRequest& request);
base::Result<StateChanges> terminate(Tx& tx, const std::vector<base::InstanceId>& ids, bool dry_run);
base::Status reboot(Tx& tx, const std::vector<base::InstanceId>& ids, bool dry_run);

// The instance if the actor may see it: own account, staff of the course, operator. InvalidInstanceID.NotFound else.
base::Result<domain::RowPtr<domain::Instance>> visible_instance(const domain::State& state, const Actor& actor,
                                                                const base::InstanceId& id);

struct Modify {
  base::InstanceId id;
  std::optional<std::string> type, user_data;      // only in `stopped`
  std::optional<bool> terminate_on_guest_shutdown, disable_api_termination;
};
base::Status modify_instance(Tx& tx, const Modify& change);

// A disk that outlived its machine: its cost ends now, its reserve is free, its bytes go. VolumeInUse while attached.
base::Status delete_disk(Tx& tx, const base::DiskId& id, bool dry_run);

}  // namespace stipend::control
