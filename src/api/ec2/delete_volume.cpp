#include "aws/ec2/delete_volume.hpp"

#include <array>

#include "api/ec2/ids.hpp"
#include "api/operation.hpp"
#include "control/commands/instances.hpp"

namespace stipend::api {
namespace {

// It can be brought back for some days, as from a Recycle Bin with a rule for all volumes; here from the page.
Answer<ec2::DeleteVolume> delete_volume(Context context, ec2::DeleteVolume::Request request) {
  const std::array<std::string, 1> texts = {request.volume_id.value_or("")};
  CO_TRY_ASSIGN(const auto ids, parse_ids<base::DiskId>(kVolumeIds, texts));
  const bool dry_run = request.dry_run.value_or(false);
  CO_TRY_ASSIGN([[maybe_unused]] const auto deleted,
                co_await control::run<bool>(context.engine(), context.actor,
                                            [id = ids.front(), dry_run](control::Tx& tx) -> base::Result<bool> {
                                              TRY(control::delete_disk(tx, id, dry_run));
                                              return true;
                                            }));
  co_return ec2::DeleteVolume::Response{};
}

}  // namespace

extern constinit const Entry kEc2DeleteVolume = entry<ec2::DeleteVolume, delete_volume>();

}  // namespace stipend::api
