// What costs by the second and needs no lease, as its row says it: disks, snapshots of them, elastic addresses.
#pragma once

#include <string>

#include "domain/state.hpp"

namespace stipend::ledger {

struct Kept {
  std::string id;
  base::AccountId account;
  const char* kind = "disk";  // "snapshot", "address": what its entries say
  std::string catalogue;
  base::WallTime created;
  base::Price price;
  base::Money posted, house, reserved, reserve_wanted;
  const std::vector<domain::Draw>& draws;
  bool over = false;          // deleted, or never came to be: it keeps no reserve
};

inline Kept kept(const domain::Disk& row) {
  return {.id = row.id.str(), .account = row.account, .kind = row.kind == domain::DiskKind::kSnapshot ? "snapshot" : "disk",
          .catalogue = row.catalogue, .created = row.created, .price = row.price, .posted = row.posted, .house = row.house,
          .reserved = row.reserved, .reserve_wanted = row.reserve_wanted, .draws = row.reserve_draws,
          .over = row.deleted || row.snapshot == domain::SnapshotState::kError};
}
inline Kept kept(const domain::Address& row) {
  return {.id = row.id, .account = row.account, .kind = "address", .catalogue = row.catalogue, .created = row.created, .price = row.price,
          .posted = row.posted, .house = row.house, .reserved = row.reserved, .reserve_wanted = row.reserve_wanted, .draws = row.reserve_draws,
          .over = false};
}

template <class Visit>
void each_kept(const domain::State& state, Visit visit) {
  for (const auto& [id, row] : state.disks) visit(kept(*row));
  for (const auto& [id, row] : state.elastic_addresses) visit(kept(*row));
}

}  // namespace stipend::ledger
