// The processes of the jump host: starting sshd in namespaces of its own, and naming one connection's process so that a
// number which was given again does not pass for it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace stipend::app {

// Where sshd sees the jump host's folder; its /run holds nothing else but sshd's own empty folder.
inline constexpr std::string_view kJumpFolder = "/run/jump";

// Root, single-threaded. The pid of sshd, or -1 with errno. What it says goes to `log`; it dies with its parent.
int start_in_namespaces(const std::string& folder, int log);

struct Process {
  int pid = 0, parent = 0;
  std::uint64_t started = 0;  // clock ticks since boot
};
std::optional<Process> find_process(int pid);  // from /proc
// "PID START", as the server names a connection. parent is 0.
std::optional<Process> parse_process(std::string_view line);
std::string to_line(const Process& process);

}  // namespace stipend::app
