// The machines' name server: one dnsmasq per state on the gateway's address, forwarding to what the host's
// resolv.conf names. It runs by itself as an unprivileged user and outlives its starter.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "host/address.hpp"
#include "host/names.hpp"

namespace stipend::host {

struct DnsNames {
  std::vector<Cidr> inside;                                   // private, but names may point there
  std::vector<std::pair<std::string, std::uint32_t>> known;   // answered without asking anybody
};

// Starts it, or starts it again when it has died or runs with other settings. Idempotent, ~1 ms when it runs.
base::Status ensure_dns(const Names& names, const std::string& gateway, const DnsNames& told = {});
base::Status stop_dns(const Names& names);  // idempotent

}  // namespace stipend::host
