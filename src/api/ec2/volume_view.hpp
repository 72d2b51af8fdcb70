// A disk with the instance it belongs to. Taken on the strand, turned into AWS's "Volume" off it.
#pragma once

#include "api/describe/filter.hpp"
#include "api/settings.hpp"
#include "aws/ec2/shapes/volume.hpp"
#include "domain/state.hpp"

namespace stipend::api {

struct VolumeView {
  domain::RowPtr<domain::Disk> disk;
  domain::RowPtr<domain::Instance> instance;  // null: attached to none
  const Settings* settings = nullptr;
};

aws::ec2::Volume to_aws(const VolumeView& view);
const std::string& zone_of(const VolumeView& view);
std::string_view device_of(const VolumeView& view);  // of an attached one
base::WallTime attached_since(const VolumeView& view);
std::string_view state_of(const VolumeView& view);  // "in-use", "available"

extern const FilterTable<VolumeView> kVolumeFilters;

}  // namespace stipend::api
