// What the books need besides files.hpp. Blocking.
#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"

namespace stipend::host {

// Temporary name and rename only: for files under /run, where nothing waits for a disk.
base::Status write_file(const std::string& path, std::string_view text);
base::Status remove_file(const std::string& path);  // idempotent
// A folder that only root may enter; refuses one that belongs to somebody else.
base::Status make_root_folder(const std::string& path);

}  // namespace stipend::host
