// Homes that outlive their machines: in a course that keeps homes each account has one home disk, which is attached to
// one machine at a time (docs/design/disks.md). A machine is with a home or without one from its launch on; which is
// Instance::home_disk. Engine's strand only.
#pragma once

#include <optional>
#include <vector>

#include "control/commands/common.hpp"

namespace stipend::control {

// Marks the root disk of a machine with a home: a system tag, which people can see and not change.
inline constexpr const char* kHomeTag = "aws:stipend:home";

// The account's home that is not deleted; null: none yet.
const domain::Disk* home_of(const domain::State& state, const base::AccountId& account);

// What a machine that begins now needs for its home. Neither: it has none.
struct HomePlan {
  base::DiskId disk;                  // exists and is free
  std::optional<domain::Disk> fresh;  // to be made with it
  bool wanted() const { return fresh || !disk.empty(); }
  const base::DiskId& id() const { return fresh ? fresh->id : disk; }
};

// A launch: the home if no running machine has it. One that is just being stopped is worth the wait: VolumeInUse.
base::Result<HomePlan> home_for_launch(Tx& tx, const base::AccountId& account);
// A start of a machine with a home: VolumeInUse, naming the machine, when another one has it.
base::Result<HomePlan> home_for_start(Tx& tx, const domain::Instance& instance);

// Attaches it in the wallet (a fresh one was added to it before) and writes it into the instance.
void take_home(domain::Wallet& wallet, const HomePlan& plan, domain::Instance& instance);

}  // namespace stipend::control
