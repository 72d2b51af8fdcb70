// What CreateImage and RegisterImage say alike. Pure; any thread.
#pragma once

#include <array>

#include "api/ec2/tags.hpp"
#include "control/commands/images.hpp"

namespace stipend::api {

template <class Request>
base::Result<control::ImageRequest> to_image_request(const Request& request) {
  constexpr std::array<std::string_view, 2> kTaggable = {"image", "snapshot"};
  control::ImageRequest out;
  out.name = request.name.value_or("");
  out.description = request.description.value_or("");
  out.dry_run = request.dry_run.value_or(false);
  TRY_ASSIGN(out.tags, tags_for(request.tag_specifications, "image", kTaggable));
  TRY_ASSIGN(out.snapshot_tags, tags_for(request.tag_specifications, "snapshot", kTaggable));
  return out;
}

}  // namespace stipend::api
