// Control groups, the one place that knows v1 from v2. A machine's processes live in
// Names::machine_cgroup()/payload, liblxc's monitor in .../monitor, in every hierarchy.
// Any thread or process; no call blocks for longer than its stated limit.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/ids.hpp"
#include "base/result.hpp"
#include "host/names.hpp"

namespace stipend::host {

enum class CgroupVersion : std::uint8_t { kV1, kV2 };
CgroupVersion cgroup_version();  // v2 when /sys/fs/cgroup is cgroup2 itself; hybrid counts as v1
// Where the groups are: /sys/fs/cgroup. Tests of version 2 on a hybrid host name its `unified` folder.
void set_cgroup_root(const std::string& root);

struct MachineLimits {
  std::int64_t cpu_milli = 1000;  // quota: thousandths of a CPU
  std::vector<int> cpus;          // cpuset; empty: all of the host
  std::int64_t memory_bytes = 0;  // no swap on top
  std::int64_t pids = 4096;
};

// liblxc items (key, value) that set the limits and the groups' places.
std::vector<std::pair<std::string, std::string>> cgroup_items(const Names& names, const base::InstanceId& id,
                                                              const MachineLimits& limits,
                                                              CgroupVersion version);

// What the machine gets of a CPU when all want more than there is: made before it starts, beside the other machines'
// groups. 1 000 is a whole CPU. Version 2 without the cpu controller: an error, and all machines weigh alike.
base::Status set_machine_weight(const Names& names, const base::InstanceId& id, std::int64_t guaranteed_milli);

struct CgroupUsage {
  std::int64_t cpu_ns = 0;
  std::int64_t memory_bytes = 0;  // working set: usage minus inactive file pages
  std::int64_t processes = 0;
};
// How many processes of the machine the kernel ended because its memory was full, in the groups that are there now.
class OomKills {
 public:
  // `of_host`: host_oom_kills() of the same look.
  base::Result<std::int64_t> look(const Names& names, const base::InstanceId& id, std::int64_t of_host);

 private:
  // Version 1 counts in each group by itself: the tree is read only when something was killed somewhere lately.
  std::int64_t of_host_ = -1, count_ = 0;
  int looks_left_ = 0;
};
std::int64_t host_oom_kills();  // in all control groups, since the host's boot

// Of its files, in memory, not written yet.
base::Result<std::int64_t> machine_dirty_bytes(const Names& names, const base::InstanceId& id);
base::Result<CgroupUsage> machine_usage(const Names& names, const base::InstanceId& id);

// freeze returns when the kernel says frozen, at most 1 s; kill_all freezes, SIGKILLs every process, thaws
// and returns when none is left, at most 5 s. Both succeed when there is no such machine. Neither needs
// liblxc.
base::Status freeze_machine(const Names& names, const base::InstanceId& id);
base::Status thaw_machine(const Names& names, const base::InstanceId& id);
base::Status kill_machine(const Names& names, const base::InstanceId& id);
base::Result<bool> machine_has_processes(const Names& names, const base::InstanceId& id);
// Does this process belong to the machine's payload? Guards against pid reuse before a kill.
bool is_in_machine(const Names& names, const base::InstanceId& id, pid_t pid);

// Removes the machine's groups in all hierarchies, depth first; idempotent. Call before start and after end.
// A straggler in them (a tool that liblxc ran for a monitor that was killed) is killed; at most 2 s.
base::Status remove_machine_groups(const Names& names, const base::InstanceId& id);
base::Status remove_state_group(const Names& names);
// Machines that have groups now: what a restarted daemon finds.
std::vector<base::InstanceId> machines_with_groups(const Names& names);

// Moves a process into Names::cgroup + "-supervisors" (CPU weight high, so enforcement runs on a busy host).
base::Status join_supervisors(const Names& names, pid_t pid);
// Kills every supervisor of the state that still is there, whoever knows of it; at most 2 s.
base::Status end_supervisors(const Names& names);

// A file worker (src/files), called by the process itself, first thing: into a group of its own beside the machines', with
// limits of memory and processes, and of a CPU only what others leave. Fails when a limit cannot be set.
inline constexpr std::int64_t kFileWorkerMemory = 512LL << 20, kFileWorkerPids = 32;
base::Status join_file_workers(const Names& names, const std::string& worker, pid_t pid);
// Once it has ended; idempotent. A group that the kernel has not emptied yet stays: try again.
base::Status remove_file_worker(const Names& names, const std::string& worker);
// Kills every file worker of the state and removes their groups; at most 2 s for each hierarchy.
base::Status end_file_workers(const Names& names);

// CPUs this host may use; the `vcpus` of them that the least is promised of, given the machines that run (all, when
// vcpus >= their number).
struct CpuUse {
  std::vector<int> cpus;
  std::int64_t guaranteed_milli = 0;
};
// As the groups of a running machine say it: a stipend-host that was started anew has no other memory of it.
CpuUse machine_cpu_use(const Names& names, const base::InstanceId& id);
std::vector<int> host_cpus();
std::vector<int> choose_cpus(std::int64_t vcpus, std::span<const int> host, std::span<const CpuUse> in_use);
std::string cpu_list(std::span<const int> cpus);  // "0-1,4"
std::vector<int> cpus_of_list(std::string_view list);

}  // namespace stipend::host
