// Elastic addresses (docs/design/money.md, "Elastic addresses"): kept by an account, on whichever of its machines it says; the
// address of a machine that runs changes at once. While no machine runs with it, it costs by the second. Engine's strand only.
#pragma once

#include <string>

#include "control/commands/common.hpp"

namespace stipend::control {

// The run's host confirms: the machine is reached at that address.
base::Status address_confirmed(Tx& tx, const compute::RunKey& key, const std::string& address);

}  // namespace stipend::control
