// The default VPC of an account, as it really is: one address range of this host that machines of all zones
// get their private addresses from, so each zone's subnet has the whole of it.
#pragma once

#include <string>

#include "api/operation.hpp"

namespace stipend::api {

struct VpcFacts {
  std::string cidr;  // "10.97.16.0/20"
  std::int64_t free_addresses = 0;
};

// Unavailable until the host of the machines was connected once.
awaitable<base::Result<VpcFacts>> read_vpc(const Context& context);

}  // namespace stipend::api
