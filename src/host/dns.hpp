// The machines' name server: one dnsmasq per state on the gateway's address, forwarding to what the host's
// resolv.conf names. It runs by itself as an unprivileged user and outlives its starter.
#pragma once

#include <string>

#include "base/result.hpp"
#include "host/names.hpp"

namespace stipend::host {

// Starts it, or starts it again when it has died or serves another address. Idempotent, ~1 ms when it runs.
base::Status ensure_dns(const Names& names, const std::string& gateway);
base::Status stop_dns(const Names& names);  // idempotent

}  // namespace stipend::host
