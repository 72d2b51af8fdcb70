#include "api/ec2/image_view.hpp"

#include <array>

#include "api/ec2/ids.hpp"
#include "api/ec2/names.hpp"
#include "api/ec2/tags.hpp"
#include "control/commands/images.hpp"
#include "control/commands/snapshots.hpp"

namespace stipend::api {
namespace {

using Field = FilterTable<ImageView>::Field;

// "000000000000", which is the house, or the account whose image it is.
std::string owner_of(const ImageView& view) {
  return view.image->account.empty() ? view.settings->image_owner : view.image->account.str();
}

// The members of the course are the public here.
bool is_public(const ImageView& view) { return view.image->account.empty() || view.image->shared; }

std::string location_of(const ImageView& view) { return owner_of(view) + "/" + view.image->name; }

std::string snapshot_of(const ImageView& view) {
  return view.image->snapshot.empty() ? "" : control::snapshot_id(view.image->snapshot).str();
}

// The filters of DescribeImages (EC2 API Reference), from the same facts as the answer.
constexpr Field kFields[] = {
    {"architecture", [](const ImageView& v, Probe& p) { p(v.image->architecture); }},
    {"block-device-mapping.delete-on-termination", [](const ImageView&, Probe& p) { p(true); }},
    {"block-device-mapping.device-name", [](const ImageView&, Probe& p) { p(kRootDevice); }},
    {"block-device-mapping.snapshot-id", [](const ImageView& v, Probe& p) { p(snapshot_of(v)); }},
    {"block-device-mapping.volume-size", [](const ImageView& v, Probe& p) { p(v.image->min_disk_gib); }},
    {"block-device-mapping.volume-type", [](const ImageView&, Probe& p) { p("gp2"); }},
    {"block-device-mapping.encrypted", [](const ImageView&, Probe& p) { p(false); }},
    {"creation-date", [](const ImageView& v, Probe& p) { p(base::to_iso8601(v.image->created)); }},
    {"description", [](const ImageView& v, Probe& p) { p(v.image->description); }},
    {"hypervisor", [](const ImageView&, Probe& p) { p("xen"); }},
    {"image-id", [](const ImageView& v, Probe& p) { p(v.image->id.str()); }},
    {"image-type", [](const ImageView&, Probe& p) { p("machine"); }},
    {"is-public", [](const ImageView& v, Probe& p) { p(is_public(v)); }},
    {"manifest-location", [](const ImageView& v, Probe& p) { p(location_of(v)); }},
    {"name", [](const ImageView& v, Probe& p) { p(v.image->name); }},
    {"owner-id", [](const ImageView& v, Probe& p) { p(owner_of(v)); }},
    {"root-device-name", [](const ImageView&, Probe& p) { p(kRootDevice); }},
    {"root-device-type", [](const ImageView&, Probe& p) { p("ebs"); }},
    {"state", [](const ImageView& v, Probe& p) { p(v.state); }},
    {"virtualization-type", [](const ImageView&, Probe& p) { p("hvm"); }},
};

// Nothing here has a value for these.
constexpr std::string_view kUnset[] = {
    "ena-support",
    "free-tier-eligible",
    "image-allowed",
    "kernel-id",
    "owner-alias",
    "platform",
    "product-code",
    "product-code.type",
    "ramdisk-id",
    "source-image-id",
    "source-image-region",
    "source-instance-id",
    "state-reason-code",
    "state-reason-message",
    "sriov-net-support",
};

}  // namespace

const FilterTable<ImageView> kImageFilters{kFields, kUnset, [](const ImageView& v) -> const domain::Tags& { return v.image->tags; }};

base::Result<ImageView> view_image(const domain::State& state, const Settings& settings, const base::AccountId& account,
                                   const base::ImageId& id) {
  const auto at = state.images.find(id);
  if (at == state.images.end() || at->second->deregistered || !control::may_launch(state, account, *at->second))
    return ids_not_found(kImageIds, std::array{id.str()});
  return ImageView{at->second, &settings, control::state_of(state, *at->second)};
}

std::vector<aws::ec2::BlockDeviceMapping> block_devices(const ImageView& view) {
  std::vector<aws::ec2::BlockDeviceMapping> out(1);
  out[0].device_name = kRootDevice;
  auto& ebs = out[0].ebs.emplace();
  if (!view.image->snapshot.empty()) ebs.snapshot_id = snapshot_of(view);
  ebs.delete_on_termination = true;
  ebs.encrypted = false;
  ebs.volume_size = view.image->min_disk_gib;
  ebs.volume_type = "gp2";
  return out;
}

aws::ec2::Image to_aws(const ImageView& view) {
  const auto& row = *view.image;
  aws::ec2::Image out;
  out.image_id = row.id.str();
  out.name = row.name;
  if (!row.description.empty()) out.description = row.description;
  out.image_location = location_of(view);
  out.owner_id = owner_of(view);
  out.state = view.state;
  if (view.state == "failed") {
    auto& reason = out.state_reason.emplace();
    reason.code = "Client.InternalError";
    reason.message = "The snapshot could not be made. Nothing is charged; deregister this image.";
  }
  out.public_ = is_public(view);
  out.image_type = "machine";
  out.architecture = row.architecture;
  out.creation_date = base::to_iso8601(row.created);
  out.platform_details = "Linux/UNIX";
  out.usage_operation = "RunInstances";
  out.root_device_name = kRootDevice;
  out.root_device_type = "ebs";
  out.virtualization_type = "hvm";
  out.hypervisor = "xen";
  out.block_device_mappings = block_devices(view);
  out.tags = to_aws(row.tags);
  return out;
}

}  // namespace stipend::api
