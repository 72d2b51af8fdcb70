// Processes, for the two programs that fork: stipend-host and its supervisors. Both have exactly one thread.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "host/fd.hpp"

namespace stipend::host {

struct Child {
  pid_t pid = -1;
  Fd pidfd;
  std::int64_t deadline_ms = 0;  // 0: none; the owner kills it after this
  explicit operator bool() const { return pid > 0; }
};

// Forks a child that runs `body` and leaves with its result. The child dies with this process (SIGKILL),
// has all signals unblocked and at their defaults, and is not protected from the OOM killer.
base::Result<Child> fork_child(const std::function<int()>& body);

// Forks and executes this same program (/proc/self/exe) in a session of its own, with `keep` as descriptor 3
// and `log` as 1 and 2. It outlives this process.
base::Result<Child> spawn_self(const std::vector<std::string>& arguments, int keep, int log);
// The same with another program, and `keep` as the descriptors from 3 on.
base::Result<Child> spawn_program(const std::string& program, const std::vector<std::string>& arguments,
                                  const std::vector<int>& keep, int log);
// Of this program's folder: what was built and installed with it.
base::Result<std::string> sibling_program(const std::string& name);

// Reaps one child if it has ended: true and its wait status.
bool reap(Child& child, int& status);
void kill_child(const Child& child);

base::Result<Fd> open_pidfd(pid_t pid);
bool has_ended(const Fd& pidfd);            // does not block
std::uint64_t start_time_of(pid_t pid);     // field 22 of /proc/PID/stat; 0: no such process
std::vector<pid_t> children_of(pid_t pid);  // of its main thread
bool is_container_init(pid_t pid);          // pid 1 of a namespace below ours, and past its exec

std::int64_t monotonic_ms();

// Sends to the process behind the descriptor, whatever became of its number.
bool send_signal(const Fd& pidfd, int signal);

}  // namespace stipend::host
