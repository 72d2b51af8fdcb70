#include "api/ec2/tag_resources.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "api/ec2/ids.hpp"
#include "api/ec2/own.hpp"

namespace stipend::api {
namespace {

template <class Row>
void append(std::vector<Tagged>& found, const domain::State& state, std::string_view type,
            const std::map<base::AccountId, std::set<domain::Key<Row>>>& index,
            const base::AccountId& account) {
  const auto mine = index.find(account);
  if (mine == index.end()) return;
  for (const auto& id : mine->second)
    if (const auto& row = state.table<Row>().at(id); !row->tags.empty())
      found.push_back({row->id.str(), type, &row->tags, row});
}

}  // namespace

base::Status check_tag_resources(std::span<const std::string> ids) {
  constexpr std::size_t kResourcesMax = 1000;
  if (ids.size() > kResourcesMax)
    return base::fail(base::Fault::kInvalid, "InvalidParameterValue",
                      fmt::format("At most {} resources can be given in one call.", kResourcesMax));
  for (const auto& id : ids)
    if (!well_formed(kInstanceIds, id) && !well_formed(kVolumeIds, id) && !well_formed(kKeyPairIds, id))
      return base::fail(base::Fault::kInvalid, "InvalidID",
                        fmt::format("The ID '{}' is not valid", id.substr(0, 64)));
  return {};
}

std::vector<Tagged> tagged_of(const domain::State& state, const base::AccountId& account) {
  std::vector<Tagged> found;
  append<domain::Instance>(found, state, "instance", state.instances_of, account);
  append<domain::Disk>(found, state, "volume", state.disks_of, account);
  append<domain::KeyPair>(found, state, "key-pair", state.key_pairs_of, account);
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
