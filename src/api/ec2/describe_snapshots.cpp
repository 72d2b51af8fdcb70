#include "aws/ec2/describe_snapshots.hpp"

#include <algorithm>

#include "api/describe/page.hpp"
#include "api/ec2/filters.hpp"
#include "api/ec2/ids.hpp"
#include "api/ec2/snapshot_view.hpp"
#include "api/operation.hpp"
#include "control/commands/snapshots.hpp"

namespace stipend::api {
namespace {

using Views = std::vector<SnapshotView>;

// Those of the account: nobody else's can be restored. With ids, each must be there.
base::Result<Views> gather(const domain::State& state, const base::AccountId& account, const std::vector<base::SnapshotId>& ids) {
  Views views;
  std::vector<std::string> unknown;
  for (const auto& id : ids) {
    if (const auto found = control::find_snapshot(state, account, control::disk_of(id)))
      views.push_back(state.disks.at((*found)->id));
    else
      unknown.push_back(id.str());
  }
  if (!unknown.empty()) return ids_not_found(kSnapshotIds, unknown);
  const auto mine = state.disks_of.find(account);
  if (!ids.empty() || mine == state.disks_of.end()) return views;
  for (const auto& id : mine->second)
    if (const auto& disk = state.disks.at(id); disk->kind == domain::DiskKind::kSnapshot && !disk->deleted) views.push_back(disk);
  return views;
}

bool asked_for(const ec2::DescribeSnapshots::Request& request, const base::AccountId& account) {
  const auto mine = [&](const std::vector<std::string>& list) {
    return list.empty() || std::ranges::find(list, "self") != list.end() || std::ranges::find(list, account.str()) != list.end();
  };
  return mine(request.owner_ids) && mine(request.restorable_by_user_ids);
}

Answer<ec2::DescribeSnapshots> describe_snapshots(Context context, ec2::DescribeSnapshots::Request request) {
  const PageRequest paging{request.max_results, request.next_token};
  CO_TRY(no_page_with_ids(paging, !request.snapshot_ids.empty(), "snapshotsSet"));
  CO_TRY_ASSIGN(auto ids, parse_ids<base::SnapshotId>(kSnapshotIds, request.snapshot_ids));
  CO_TRY_ASSIGN(const auto filter, make_filter(kSnapshotFilters, request.filters));
  CO_TRY_ASSIGN(auto views, co_await control::read<Views>(context.engine(), context.actor,
                                                          [account = context.account(), ids = std::move(ids)](
                                                              const domain::State& state, base::WallTime) {
                                                            return gather(state, account, ids);
                                                          }));
  if (!asked_for(request, context.account())) views.clear();
  keep_matching(views, filter);
  const auto key = [](const SnapshotView& view) { return view->id.str(); };
  std::ranges::sort(views, {}, key);
  CO_TRY_ASSIGN(auto page, cut_page(std::move(views), paging, {}, *context.cursors, context.cursor_scope(), key));
  ec2::DescribeSnapshots::Response response;
  for (const auto& view : page.rows) response.snapshots.push_back(to_aws(view));
  response.next_token = std::move(page.next_token);
  co_return response;
}

}  // namespace

extern constinit const Entry kEc2DescribeSnapshots = entry<ec2::DescribeSnapshots, describe_snapshots>();

}  // namespace stipend::api
