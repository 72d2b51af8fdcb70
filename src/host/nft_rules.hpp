// The text of one state's nft table, made of typed values only (addresses and names of our own grammar).
// Pure.
#pragma once

#include <sys/types.h>

#include <map>
#include <string>

#include "host/address.hpp"
#include "host/egress_rules.hpp"
#include "host/names.hpp"

namespace stipend::host {

struct MachineAddress {
  std::string veth;
  std::uint32_t machine = 0, publics = 0;
  auto operator<=>(const MachineAddress&) const = default;
};

struct NftState {
  EgressRules egress;  // with the state's two ranges
  std::uint32_t gateway = 0;
  uid_t server_uid = 0;
};

// Replaces the whole table in one transaction.
std::string nft_table(const Names& names, const NftState& state,
                      const std::map<std::string, MachineAddress>& machines);
// One machine's elements: added, or taken away.
std::string nft_add(const Names& names, const MachineAddress& machine);
std::string nft_remove(const Names& names, const MachineAddress& machine);

}  // namespace stipend::host
