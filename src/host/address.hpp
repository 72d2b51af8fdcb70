// Addresses under the names that this folder uses.
#pragma once

#include "base/ipv4.hpp"

namespace stipend::host {

using base::Cidr;
using base::parse_address;
using base::parse_cidr;
using base::to_address;

}  // namespace stipend::host
