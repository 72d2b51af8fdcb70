// The console's files, compiled into the program by cmake/embed.cmake from console/.
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace stipend::gateway {

struct Asset {
  std::string_view content_type;
  std::shared_ptr<const std::string> bytes;
};

// By path below console/: "index.html", "sign-in.js". nullptr when there is none.
const Asset* find_asset(std::string_view name);

}  // namespace stipend::gateway
