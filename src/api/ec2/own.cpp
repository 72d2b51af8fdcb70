#include "api/ec2/own.hpp"

#include <array>
#include <vector>

#include "api/ec2/ids.hpp"
#include "control/commands/snapshots.hpp"

namespace stipend::api {
namespace {

template <class Row>
bool is_foreign(const domain::State& state, const base::AccountId& account, const std::string& text) {
  const auto id = domain::Key<Row>::parse(text);
  const Row* row = id ? state.find<Row>(*id) : nullptr;
  return row != nullptr && row->account != account;
}

}  // namespace

base::Status check_own(const domain::State& state, const base::AccountId& account,
                       std::span<const base::InstanceId> instances) {
  std::vector<std::string> unknown;
  for (const auto& id : instances) {
    const auto* row = state.find<domain::Instance>(id);
    if (row == nullptr || row->account != account) unknown.push_back(id.str());
  }
  if (!unknown.empty()) return ids_not_found(kInstanceIds, unknown);
  return {};
}

base::Status check_own_resources(const domain::State& state, const base::AccountId& account,
                                 std::span<const std::string> resources) {
  for (const auto& text : resources) {
    const std::array<std::string, 1> one = {text};
    if (is_foreign<domain::Instance>(state, account, text)) return ids_not_found(kInstanceIds, one);
    if (is_foreign<domain::Disk>(state, account, text)) return ids_not_found(kVolumeIds, one);
    if (const auto snapshot = base::SnapshotId::parse(text);
        snapshot && is_foreign<domain::Disk>(state, account, control::disk_of(*snapshot).str()))
      return ids_not_found(kSnapshotIds, one);
    if (is_foreign<domain::Image>(state, account, text)) return ids_not_found(kImageIds, one);
    if (is_foreign<domain::KeyPair>(state, account, text)) return ids_not_found(kKeyPairIds, one);
    if (const auto* address = state.find<domain::Address>(text); address && address->account != account) return ids_not_found(kAllocationIds, one);
  }
  return {};
}

}  // namespace stipend::api
