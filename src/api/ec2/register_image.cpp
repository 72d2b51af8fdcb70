#include "aws/ec2/register_image.hpp"

#include <array>

#include "api/ec2/ids.hpp"
#include "api/ec2/image_request.hpp"
#include "api/ec2/launch_request.hpp"
#include "api/ec2/names.hpp"
#include "api/operation.hpp"
#include "control/commands/images.hpp"
#include "control/commands/snapshots.hpp"

namespace stipend::api {
namespace {

// The one volume that an image here is made of.
base::Result<base::DiskId> root_snapshot(const ec2::RegisterImage::Request& request) {
  if (request.image_location) return not_served("ImageLocation", "images are registered from snapshots, not from manifests in S3");
  if (request.architecture.value_or("x86_64") != "x86_64")
    return fail(Fault::kInvalid, "InvalidParameterValue", "Value (" + *request.architecture + ") for parameter architecture is invalid: x86_64");
  if (request.root_device_name.value_or(std::string(kRootDevice)) != kRootDevice)
    return fail(Fault::kInvalid, "InvalidParameterValue", "The root device of every image is " + std::string(kRootDevice));
  if (request.block_device_mappings.size() != 1 || request.block_device_mappings[0].device_name != kRootDevice ||
      !request.block_device_mappings[0].ebs || !request.block_device_mappings[0].ebs->snapshot_id)
    return fail(Fault::kInvalid, "InvalidBlockDeviceMapping",
                "Give one block device mapping, of " + std::string(kRootDevice) + ", with Ebs.SnapshotId");
  const std::array<std::string, 1> texts = {*request.block_device_mappings[0].ebs->snapshot_id};
  TRY_ASSIGN(const auto ids, parse_ids<base::SnapshotId>(kSnapshotIds, texts));
  return control::disk_of(ids.front());
}

Answer<ec2::RegisterImage> register_image(Context context, ec2::RegisterImage::Request request) {
  CO_TRY_ASSIGN(const auto snapshot, root_snapshot(request));
  CO_TRY_ASSIGN(const auto wanted, to_image_request(request));
  CO_TRY_ASSIGN(const auto row, co_await control::run<domain::RowPtr<domain::Image>>(
                                    context.engine(), context.actor,
                                    [snapshot, wanted](control::Tx& tx) { return control::register_own_image(tx, snapshot, wanted); }));
  ec2::RegisterImage::Response response;
  response.image_id = row->id.str();
  co_return response;
}

}  // namespace

extern constinit const Entry kEc2RegisterImage = entry<ec2::RegisterImage, register_image>();

}  // namespace stipend::api
