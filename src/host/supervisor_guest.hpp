// What a supervisor's children do, each in a process of its own with a time limit, so that nothing that can
// hang (mkfs, mounts, liblxc) ever holds up the process that keeps the lease. Each answers an exit status;
// failures go as one sentence to `said`, a pipe of the supervisor.
#pragma once

#include <string>
#include <vector>

#include "host/names.hpp"
#include "host/supervisor_link.hpp"

namespace stipend::host {

inline constexpr int kGuestEnded = 0;   // init ended by itself
inline constexpr int kInitKilled = 10;  // init was killed from outside (or by the OOM killer)
inline constexpr int kStartFailed = 11;

// Disk, mounts, identity. 0 or 1.
int prepare_machine(const Names& names, const SupervisorSpec& spec, int said);
// liblxc's start(): returns when the machine has ended. The caller must have no other child.
// `supervisor`: when it is no longer the parent, the process leaves.
int run_machine(const Names& names, const SupervisorSpec& spec, pid_t supervisor, int said);
// Runs a program inside the machine, when that has booted or after 10 s, and waits for it. Writes the
// program's pid (host's numbers) to `said`.
int run_in_guest(const Names& names, const SupervisorSpec& spec, pid_t init,
                 const std::vector<std::string>& command, int said);
struct OwnDisks {
  base::DiskId root, home;  // home: empty, none
};
// Every process of it, also one that waits because a copying that was killed left a disk frozen.
base::Status kill_whole_machine(const Names& names, const base::InstanceId& instance, const OwnDisks& disks);
// Nothing of it runs, is mounted or has groups afterwards. 0 or 1.
int unmake_machine(const Names& names, const base::InstanceId& instance, const OwnDisks& disks, int said);

}  // namespace stipend::host
