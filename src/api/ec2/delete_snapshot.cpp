#include "aws/ec2/delete_snapshot.hpp"

#include <array>

#include "api/ec2/ids.hpp"
#include "api/operation.hpp"
#include "control/commands/snapshots.hpp"

namespace stipend::api {
namespace {

// It can be brought back for some days, as from a Recycle Bin with a rule for all snapshots; here from the page.
Answer<ec2::DeleteSnapshot> delete_snapshot(Context context, ec2::DeleteSnapshot::Request request) {
  const std::array<std::string, 1> texts = {request.snapshot_id.value_or("")};
  CO_TRY_ASSIGN(const auto ids, parse_ids<base::SnapshotId>(kSnapshotIds, texts));
  const bool dry_run = request.dry_run.value_or(false);
  CO_TRY((co_await control::run<bool>(context.engine(), context.actor,
                                      [id = control::disk_of(ids.front()), dry_run](control::Tx& tx) -> base::Result<bool> {
                                        TRY(control::delete_snapshot(tx, id, dry_run));
                                        return true;
                                      })));
  co_return ec2::DeleteSnapshot::Response{};
}

}  // namespace

extern constinit const Entry kEc2DeleteSnapshot = entry<ec2::DeleteSnapshot, delete_snapshot>();

}  // namespace stipend::api
