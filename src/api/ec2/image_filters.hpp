#pragma once

#include "api/describe/filter.hpp"
#include "api/settings.hpp"
#include "domain/state.hpp"

namespace stipend::api {

struct ImageView {
  domain::RowPtr<domain::Image> image;
  const Settings* settings = nullptr;
};
extern const FilterTable<ImageView> kImageFilters;

std::string image_location(const ImageView& view);  // "000000000000/course-python"

}  // namespace stipend::api
