#include "aws/ec2/describe_volumes.hpp"

#include "api/describe/page.hpp"
#include "api/ec2/filters.hpp"
#include "api/ec2/ids.hpp"
#include "api/ec2/volume_view.hpp"
#include "api/operation.hpp"

namespace stipend::api {
namespace {

using Views = std::vector<VolumeView>;

// A disk that was deleted is gone for its owner, whenever its bytes go.
Views gather(const domain::State& state, const Settings& settings, const base::AccountId& account) {
  Views views;
  const auto mine = state.disks_of.find(account);
  if (mine == state.disks_of.end()) return views;
  for (const auto& id : mine->second) {
    const auto& disk = state.disks.at(id);
    if (disk->deleted || disk->kind == domain::DiskKind::kSnapshot) continue;
    const auto at = state.instances.find(disk->attached);
    const bool attached =
        at != state.instances.end() && at->second->state != domain::InstanceState::kTerminated;
    views.push_back({disk, attached ? at->second : nullptr, &settings});
  }
  return views;
}

base::Status keep_named(Views& views, const std::vector<std::string>& ids) {
  if (ids.empty()) return {};
  const auto id_of = [](const VolumeView& view) { return view.disk->id.str(); };
  std::vector<std::string> unknown;
  for (const auto& id : ids)
    if (std::ranges::find(views, id, id_of) == views.end()) unknown.push_back(id);
  if (!unknown.empty()) return ids_not_found(kVolumeIds, unknown);
  std::erase_if(views,
                [&](const VolumeView& view) { return std::ranges::find(ids, id_of(view)) == ids.end(); });
  return {};
}

Answer<ec2::DescribeVolumes> describe_volumes(Context context, ec2::DescribeVolumes::Request request) {
  const PageRequest paging{request.max_results, request.next_token};
  CO_TRY(no_page_with_ids(paging, !request.volume_ids.empty(), "volumesSet"));
  CO_TRY(check_ids(kVolumeIds, request.volume_ids));
  CO_TRY_ASSIGN(const auto filter, make_filter(kVolumeFilters, request.filters));
  CO_TRY_ASSIGN(auto views,
                co_await control::read<Views>(context.engine(), context.actor,
                                              [settings = &context.settings(), account = context.account()](
                                                  const domain::State& state, base::WallTime) {
                                                return base::Result<Views>(gather(state, *settings, account));
                                              }));
  CO_TRY(keep_named(views, request.volume_ids));
  keep_matching(views, filter);
  // disks_of is in order of ids.
  CO_TRY_ASSIGN(auto page, cut_page(std::move(views), paging, {}, *context.cursors, context.cursor_scope(),
                                    [](const VolumeView& view) { return view.disk->id.str(); }));
  ec2::DescribeVolumes::Response response;
  for (const auto& view : page.rows) response.volumes.push_back(to_aws(view));
  response.next_token = std::move(page.next_token);
  co_return response;
}

}  // namespace

extern constinit const Entry kEc2DescribeVolumes = entry<ec2::DescribeVolumes, describe_volumes>();

}  // namespace stipend::api
