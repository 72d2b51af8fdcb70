// What a machine's person should know of what happens inside it: memory that was full, a disk that fills.
#pragma once

#include <string>

#include "base/time.hpp"

namespace stipend::gateway {

struct NoticeView {
  std::string kind;  // memory, disk
  std::string text;  // whole sentences
  base::WallTime at;
};

}  // namespace stipend::gateway
