#include "api/ec2/volume_view.hpp"

#include "api/ec2/names.hpp"
#include "api/ec2/tags.hpp"
#include "control/commands/snapshots.hpp"

namespace stipend::api {

const std::string& zone_of(const VolumeView& view) {
  return view.instance ? view.instance->zone : view.settings->zones.front();
}

std::string_view device_of(const VolumeView& view) {
  return view.disk->kind == domain::DiskKind::kRoot ? kRootDevice : kHomeDevice;
}

// A home comes with each start of the machine that has it.
base::WallTime attached_since(const VolumeView& view) {
  return view.disk->kind == domain::DiskKind::kRoot ? view.disk->created : view.instance->launched;
}

std::string_view state_of(const VolumeView& view) {
  return view.instance ? "in-use" : "available";
}

aws::ec2::Volume to_aws(const VolumeView& view) {
  const auto& row = *view.disk;
  aws::ec2::Volume out;
  out.volume_id = row.id.str();
  out.size = row.gib;
  out.volume_type = "gp2";
  out.state = state_of(view);
  out.create_time = row.created;
  out.availability_zone = zone_of(view);
  out.availability_zone_id = zone_id(*view.settings, zone_of(view));
  out.encrypted = false;
  out.multi_attach_enabled = false;
  out.snapshot_id = row.source.empty() ? "" : control::snapshot_id(row.source).str();
  out.tags = to_aws(row.tags);
  if (view.instance) {
    auto& attachment = out.attachments.emplace_back();
    attachment.volume_id = row.id.str();
    attachment.instance_id = view.instance->id.str();
    attachment.device = device_of(view);
    attachment.state = "attached";
    attachment.attach_time = attached_since(view);
    attachment.delete_on_termination = row.delete_on_termination;
  }
  return out;
}

}  // namespace stipend::api
