// The private mount namespace of one state: images, disks and root file systems of machines are mounted only
// there, so no host path ever shows a guest's setuid file. It outlives the process that made it (pinned at
// RUNTIME/ns), so a restarted stipend-host comes back to the same mounts.
#pragma once

#include "base/result.hpp"
#include "host/names.hpp"

namespace stipend::host {

// Moves the calling process into the state's namespace, made on first use, and makes the folders under
// Names::mounts. Call once, early in main(), while the process has one thread; children inherit it.
base::Status enter_mount_namespace(const Names& names);

// Ends the namespace: unmounts everything in it and the pin. Machines must be stopped. Idempotent.
// Call from a process that is not inside (`stipend down` forks one) or from the last one that is.
base::Status drop_mount_namespace(const Names& names);

}  // namespace stipend::host
