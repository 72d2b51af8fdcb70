#include "aws/ec2/deregister_image.hpp"

#include <array>

#include "api/ec2/ids.hpp"
#include "api/operation.hpp"
#include "control/commands/images.hpp"
#include "control/commands/snapshots.hpp"

namespace stipend::api {
namespace {

// Answers the snapshot that went with it; none, unless that was asked.
base::Result<base::DiskId> deregister(control::Tx& tx, const base::ImageId& id, bool with_snapshot, bool dry_run) {
  const auto* image = tx.state().find<domain::Image>(id);
  const auto snapshot = image ? image->snapshot : base::DiskId();
  TRY(control::deregister_image(tx, id, dry_run));
  if (!with_snapshot) return base::DiskId();
  TRY(control::delete_snapshot(tx, snapshot, false));
  return snapshot;
}

Answer<ec2::DeregisterImage> deregister_image(Context context, ec2::DeregisterImage::Request request) {
  const std::array<std::string, 1> texts = {request.image_id.value_or("")};
  CO_TRY_ASSIGN(const auto ids, parse_ids<base::ImageId>(kImageIds, texts));
  CO_TRY_ASSIGN(const auto gone,
                co_await control::run<base::DiskId>(
                    context.engine(), context.actor,
                    [id = ids.front(), with_snapshot = request.delete_associated_snapshots.value_or(false),
                     dry_run = request.dry_run.value_or(false)](control::Tx& tx) { return deregister(tx, id, with_snapshot, dry_run); }));
  ec2::DeregisterImage::Response response;
  response.return_ = true;
  if (!gone.empty()) {
    auto& result = response.delete_snapshot_results.emplace_back();
    result.snapshot_id = control::snapshot_id(gone).str();
    result.return_code = "success";
  }
  co_return response;
}

}  // namespace

extern constinit const Entry kEc2DeregisterImage = entry<ec2::DeregisterImage, deregister_image>();

}  // namespace stipend::api
