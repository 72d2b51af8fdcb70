#include "api/ec2/launch_request.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "api/ec2/ids.hpp"
#include "api/ec2/launch_network.hpp"
#include "api/ec2/launch_refusals.hpp"
#include "api/ec2/names.hpp"
#include "api/ec2/tags.hpp"
#include "api/keys/base64.hpp"

namespace stipend::api {
namespace {

using aws::ec2::RunInstancesRequest;
using base::fail;
using base::Fault;

constexpr std::size_t kUserDataBytesMax = 16 * 1024;
constexpr std::size_t kClientTokenMax = 64;
constexpr std::int64_t kVolumeGibMax = 16 * 1024;

std::unexpected<base::Error> invalid(std::string message) {
  return fail(Fault::kInvalid, "InvalidParameterValue", std::move(message));
}

base::Status read_image(const RunInstancesRequest& request, control::LaunchRequest& launch) {
  if (!request.image_id)
    return fail(Fault::kInvalid, "MissingParameter", "The request must contain the parameter ImageId");
  const std::array<std::string, 1> texts = {*request.image_id};
  TRY_ASSIGN(const auto ids, parse_ids<base::ImageId>(kImageIds, texts));
  launch.image = ids.front();
  return {};
}

base::Status read_counts(const RunInstancesRequest& request, control::LaunchRequest& launch) {
  launch.min_count = request.min_count.value_or(1);
  launch.max_count = request.max_count.value_or(launch.min_count);
  if (launch.min_count < 1)
    return invalid(fmt::format("Value ({}) for parameter minCount is invalid. It must be at least 1.",
                               launch.min_count));
  if (launch.max_count < launch.min_count)
    return invalid(
        fmt::format("Value ({}) for parameter maxCount is invalid. It must not be less than minCount ({}).",
                    launch.max_count, launch.min_count));
  return {};
}

base::Status read_root_disk(const RunInstancesRequest& request, control::LaunchRequest& launch) {
  if (request.block_device_mappings.size() > 1)
    return not_served("BlockDeviceMapping.2",
                      "machines have one volume, the root device " + std::string(kRootDevice));
  for (const auto& mapping : request.block_device_mappings) {
    if (mapping.device_name.value_or("") != kRootDevice)
      return invalid(fmt::format("Invalid device name {}. The root device here is {}.",
                                 mapping.device_name.value_or(""), kRootDevice));
    if (mapping.no_device || mapping.virtual_name || !mapping.ebs)
      return not_served("BlockDeviceMapping.1", "give Ebs.VolumeSize and Ebs.DeleteOnTermination only");
    TRY(refuse_ebs_options(*mapping.ebs));
    launch.delete_root_on_termination = mapping.ebs->delete_on_termination.value_or(true);
    launch.root_gib = mapping.ebs->volume_size.value_or(0);
    if (mapping.ebs->volume_size && (launch.root_gib < 1 || launch.root_gib > kVolumeGibMax))
      return invalid(fmt::format("Volume of {}GiB is out of range. Its size must be between 1 and {}.",
                                 launch.root_gib, kVolumeGibMax));
  }
  return {};
}

base::Status read_client_token(const RunInstancesRequest& request, control::LaunchRequest& launch) {
  launch.client_token = request.client_token.value_or("");
  if (launch.client_token.size() > kClientTokenMax ||
      std::ranges::any_of(launch.client_token, [](char c) { return c < 0x20 || c > 0x7e; }))
    return invalid(fmt::format("ClientToken is invalid: at most {} ASCII characters.", kClientTokenMax));
  return {};
}

}  // namespace

base::Result<std::string> decode_user_data(std::string_view base64_text) {
  auto bytes = from_base64(base64_text);
  if (!bytes)
    return fail(Fault::kInvalid, "InvalidUserData.Malformed", "Invalid BASE64 encoding of user data.");
  if (bytes->size() > kUserDataBytesMax)
    return invalid(fmt::format("User data is limited to {} bytes", kUserDataBytesMax));
  return *std::move(bytes);
}

base::Result<control::LaunchRequest> to_launch_request(const RunInstancesRequest& request,
                                                       const Settings& settings,
                                                       const base::AccountId& account,
                                                       std::string request_hash) {
  constexpr std::array<std::string_view, 2> kTaggable = {"instance", "volume"};
  control::LaunchRequest launch;
  TRY(refuse_what_is_not_served(request));
  TRY(read_image(request, launch));
  TRY(read_counts(request, launch));
  launch.type = request.instance_type.value_or("m1.small");  // EC2's default
  launch.key_name = request.key_name.value_or("");
  TRY_ASSIGN(launch.user_data, decode_user_data(request.user_data.value_or("")));
  TRY(read_client_token(request, launch));
  launch.request_hash = std::move(request_hash);
  TRY(read_root_disk(request, launch));
  TRY_ASSIGN(launch.zone, launch_zone(request, settings, account));
  launch.terminate_on_guest_shutdown = request.instance_initiated_shutdown_behavior == "terminate";
  launch.disable_api_termination = request.disable_api_termination.value_or(false);
  TRY_ASSIGN(launch.instance_tags, tags_for(request.tag_specifications, kTaggable[0], kTaggable));
  TRY_ASSIGN(launch.volume_tags, tags_for(request.tag_specifications, kTaggable[1], kTaggable));
  launch.dry_run = request.dry_run.value_or(false);
  return launch;
}

}  // namespace stipend::api
