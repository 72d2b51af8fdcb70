// An image as an account sees it. Taken on the strand, turned into AWS's "Image" off it.
#pragma once

#include "api/describe/filter.hpp"
#include "api/settings.hpp"
#include "aws/ec2/shapes/image.hpp"
#include "domain/state.hpp"

namespace stipend::api {

struct ImageView {
  domain::RowPtr<domain::Image> image;
  const Settings* settings = nullptr;
  std::string_view state = "available";  // "pending", "failed"
};
extern const FilterTable<ImageView> kImageFilters;

// The image if the account may see it; InvalidAMIID.NotFound.
base::Result<ImageView> view_image(const domain::State& state, const Settings& settings, const base::AccountId& account,
                                   const base::ImageId& id);
aws::ec2::Image to_aws(const ImageView& view);
std::vector<aws::ec2::BlockDeviceMapping> block_devices(const ImageView& view);

}  // namespace stipend::api
