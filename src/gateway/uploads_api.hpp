// Uploads that resume: the server's side of tus.io 1.0 (core, creation, termination).
#pragma once

#include <optional>

#include "gateway/files_api.hpp"

namespace stipend::gateway {

bool is_file_path(std::string_view path);  // of something below a place, not the place itself

struct UploadWish {
  std::string path;
  std::int64_t size = 0;
  bool replace = false;
};
// Of the fields of a creation; nothing when they make no sense.
std::optional<UploadWish> upload_wish(const net::Request& request);

// `rest` is what follows ".../uploads" in the path.
awaitable<net::Decision> uploads_decision(FilesCall call, base::AccountId account, Spot spot, std::string rest);

}  // namespace stipend::gateway
