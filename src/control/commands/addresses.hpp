// Elastic addresses (docs/design/money.md, "Elastic addresses"): kept by an account, on whichever of its machines it says; the
// address of a machine that runs changes at once. While no machine runs with it, it costs by the second. Whose account acts has
// them to itself: staff has no say in those of others. Codes and words are AWS's ("Elastic IP addresses", EC2 user guide).
// Engine's strand only.
#pragma once

#include <string>

#include "control/commands/common.hpp"

namespace stipend::control {

inline constexpr std::size_t kElasticAddressesMost = 5;  // of an account

struct AllocateAddress {
  domain::Tags tags;
  bool dry_run = false;
};
// A free one of the public range, with its reserve. AddressLimitExceeded, InsufficientAddressCapacity, InsufficientCredit with
// the figures.
base::Result<domain::RowPtr<domain::Address>> allocate_address(Tx& tx, const AllocateAddress& request);

struct AssociateAddress {
  std::string address;               // eipalloc-…
  base::InstanceId instance;
  bool allow_reassociation = true;   // else what has to give way is an error
  bool dry_run = false;
};
// The machine is reached at the address from now on, or once it starts; answers the association. Another elastic address of the
// machine stays allocated; a machine that had this one gets another. Once more for the same machine changes nothing.
// InvalidAllocationID.NotFound, InvalidInstanceID.NotFound, InvalidInstanceID (it starts, ends or is gone),
// Resource.AlreadyAssociated.
base::Result<std::string> associate_address(Tx& tx, const AssociateAddress& request);

// The address stays the account's; a machine that runs gets another one. InvalidAssociationID.NotFound.
base::Status disassociate_address(Tx& tx, const std::string& association, bool dry_run);

// Its cost ends now, and it is anybody's. InvalidAllocationID.NotFound, InvalidIPAddress.InUse while it is associated.
base::Status release_address(Tx& tx, const std::string& id, bool dry_run);

// Releases those which no credit pays any more, so that the house need not; the guard asks every minute.
base::Status release_unpaid_addresses(Tx& tx);
// Whether there are any. Of accounts with idle addresses only, so that it costs nothing to ask.
bool has_unpaid_addresses(const domain::State& state, base::WallTime now);

// The one that is associated with the machine; null: none.
const domain::Address* elastic_address_of(const domain::State& state, const domain::Instance& instance);
// The account's own, by what clients name it by; null: none.
const domain::Address* find_elastic_address(const domain::State& state, const base::AccountId& account, const std::string& dotted);

// For who ends a machine for good: it has no machine any more, and costs.
void disassociate(domain::Wallet& wallet, const std::string& id);

// The run's host confirms: the machine is reached at that address.
base::Status address_confirmed(Tx& tx, const compute::RunKey& key, const std::string& address);

}  // namespace stipend::control
