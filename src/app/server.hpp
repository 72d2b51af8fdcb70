// The server process: the composition root. Everything is made here, wired, and ended in the opposite order.
#pragma once

#include "app/keeper.hpp"

namespace stipend::app {

// Serves until SIGTERM; the process's exit status.
int serve(const ServerJob& job);

}  // namespace stipend::app
