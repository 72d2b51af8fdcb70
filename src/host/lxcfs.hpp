// lxcfs: the file system on the host through which a machine's /proc tells its own CPUs and memory. Root only.
#pragma once

#include "base/result.hpp"
#include "host/fd.hpp"

namespace stipend::host {

inline constexpr const char* kLxcfs = "/var/lib/lxcfs";

// Whether machines started from the caller's mount namespace will have it.
bool lxcfs_answers();

// The mount that a killed one left, which nothing can be started over. Changes nothing else.
base::Status remove_dead_lxcfs();

// With systemd as pid 1 its service, else the program itself, detached, after taking away the dead mount that a killed
// one left. Waits up to 10 s until it answers. From the host's own mount namespace.
base::Status start_lxcfs();

// A mount namespace that is older than the lxcfs of now does not see it where `/` is not shared: clone it outside,
// attach it inside. The clone is empty when it does not answer here; attaching an empty one changes nothing.
Fd clone_lxcfs();
base::Status attach_lxcfs(const Fd& clone);

}  // namespace stipend::host
