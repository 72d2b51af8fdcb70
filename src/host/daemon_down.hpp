// `stipend-host down`: stops every machine of a state, ends its stipend-host, unmounts everything, removes
// network, control groups and runtime files. What stays are the state's own files: disks and books.
#pragma once

#include "host/daemon.hpp"

namespace stipend::host {

// Tells a stipend-host that serves this state to leave, waits, and at last kills it. True when none is left.
bool end_daemon(const Names& names);

int bring_down(const DaemonOptions& options);  // the program's exit status

}  // namespace stipend::host
