#include "api/ec2/tag_resources.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "api/ec2/ids.hpp"
#include "api/ec2/own.hpp"
#include "control/commands/snapshots.hpp"

namespace stipend::api {
namespace {

template <class Row>
void add(std::vector<Tagged>& found, std::string id, std::string_view type, const domain::RowPtr<Row>& row) {
  if (!row->tags.empty()) found.push_back({std::move(id), type, &row->tags, row});
}

// Calls each(row) for every row of the account.
template <class Row, class Each>
void each_of(const domain::State& state, const std::map<base::AccountId, std::set<domain::Key<Row>>>& index, const base::AccountId& account,
             Each&& each) {
  const auto mine = index.find(account);
  if (mine == index.end()) return;
  for (const auto& id : mine->second) each(state.table<Row>().at(id));
}

}  // namespace

base::Status check_tag_resources(std::span<const std::string> ids) {
  constexpr std::size_t kResourcesMax = 1000;
  constexpr IdWords kTaggable[] = {kInstanceIds, kVolumeIds, kKeyPairIds, kSnapshotIds, kImageIds, kAllocationIds};
  if (ids.size() > kResourcesMax)
    return base::fail(base::Fault::kInvalid, "InvalidParameterValue",
                      fmt::format("At most {} resources can be given in one call.", kResourcesMax));
  for (const auto& id : ids)
    if (!std::ranges::any_of(kTaggable, [&](const IdWords& words) { return well_formed(words, id); }))
      return base::fail(base::Fault::kInvalid, "InvalidID",
                        fmt::format("The ID '{}' is not valid", id.substr(0, 64)));
  return {};
}

std::vector<Tagged> tagged_of(const domain::State& state, const base::AccountId& account) {
  std::vector<Tagged> found;
  each_of<domain::Instance>(state, state.instances_of, account, [&](const auto& row) { add(found, row->id.str(), "instance", row); });
  each_of<domain::Disk>(state, state.disks_of, account, [&](const auto& row) {
    const bool snapshot = row->kind == domain::DiskKind::kSnapshot;
    add(found, snapshot ? control::snapshot_id(row->id).str() : row->id.str(), snapshot ? "snapshot" : "volume", row);
  });
  each_of<domain::KeyPair>(state, state.key_pairs_of, account, [&](const auto& row) { add(found, row->id.str(), "key-pair", row); });
  for (const auto& [id, image] : state.images)
    if (image->account == account && !image->deregistered) add(found, id.str(), "image", image);
  if (const auto mine = state.addresses_of.find(account); mine != state.addresses_of.end())
    for (const auto& id : mine->second) add(found, id, "elastic-ip", state.elastic_addresses.at(id));
  return found;
}

boost::asio::awaitable<base::Status> change_own_tags(Context context, control::TagChange change) {
  CO_TRY((co_await control::run<bool>(
      context.engine(), context.actor, [change = std::move(change)](control::Tx& tx) -> base::Result<bool> {
        TRY(check_own_resources(tx.state(), tx.actor().account, change.resources));
        TRY(control::change_tags(tx, change));
        return true;
      })));
  co_return base::Status{};
}

}  // namespace stipend::api
