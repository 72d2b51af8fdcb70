#include "aws/ec2/create_snapshot.hpp"

#include <array>

#include "api/ec2/ids.hpp"
#include "api/ec2/snapshot_view.hpp"
#include "api/ec2/tags.hpp"
#include "api/operation.hpp"
#include "control/commands/snapshots.hpp"

namespace stipend::api {
namespace {

// The answer is AWS's "Snapshot" itself.
template <class Response>
void fill(Response& out, aws::ec2::Snapshot made) {
  out.snapshot_id = std::move(made.snapshot_id);
  out.volume_id = std::move(made.volume_id);
  out.volume_size = made.volume_size;
  out.state = std::move(made.state);
  out.progress = std::move(made.progress);
  out.start_time = made.start_time;
  out.owner_id = std::move(made.owner_id);
  out.description = std::move(made.description);
  out.encrypted = made.encrypted;
  out.tags = std::move(made.tags);
}

Answer<ec2::CreateSnapshot> create_snapshot(Context context, ec2::CreateSnapshot::Request request) {
  constexpr std::array<std::string_view, 1> kTaggable = {"snapshot"};
  const std::array<std::string, 1> texts = {request.volume_id.value_or("")};
  CO_TRY_ASSIGN(const auto ids, parse_ids<base::DiskId>(kVolumeIds, texts));
  if (request.outpost_arn || request.location.value_or("regional") != "regional")
    co_return fail(Fault::kInvalid, "UnsupportedOperation", "Snapshots are kept beside their volumes: give neither OutpostArn nor Location");
  control::SnapshotRequest wanted;
  wanted.disk = ids.front();
  wanted.description = request.description.value_or("");
  wanted.dry_run = request.dry_run.value_or(false);
  CO_TRY_ASSIGN(wanted.tags, tags_for(request.tag_specifications, kTaggable[0], kTaggable));
  CO_TRY_ASSIGN(const auto row,
                co_await control::run<SnapshotView>(context.engine(), context.actor,
                                                    [wanted](control::Tx& tx) { return control::create_snapshot(tx, wanted); }));
  ec2::CreateSnapshot::Response response;
  fill(response, to_aws(row));
  co_return response;
}

}  // namespace

extern constinit const Entry kEc2CreateSnapshot = entry<ec2::CreateSnapshot, create_snapshot>();

}  // namespace stipend::api
