// Runs one of the host's own tools (mkfs.ext4, ip, conntrack, ...): no shell, fixed PATH, time limit.
#pragma once

#include <string>
#include <vector>

#include "base/result.hpp"

namespace stipend::host {

// What it wrote to stdout and stderr (the first 64 KiB). A non-zero end or a timeout (then SIGKILL) is
// kUnavailable with the tool's last line; a missing tool names the package list. The caller must not reap
// children with waitpid(-1). Any thread.
base::Result<std::string> run_tool(const std::vector<std::string>& argv, int limit_ms);

// Absolute path of a tool, or empty.
std::string find_tool(const std::string& name);

}  // namespace stipend::host
