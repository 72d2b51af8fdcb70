// The room of a host's file system that is left to machines that run: whoever writes for anybody else (uploads, copies)
// stays above it, so that no machine is stopped for it (disk_watch.hpp).
#pragma once

#include <cstdint>

#include "base/result.hpp"
#include "host/fd.hpp"

namespace stipend::host {

// What the kernel lets all writers together keep in memory before they wait for the disk.
std::int64_t dirty_limit();

inline constexpr const char* kHostDiskFull = "HostDiskFull";

class HostReserve {
 public:
  // Of the file system that `on` is of. O_PATH is enough, and gives its holder nothing but this. At least `least` bytes.
  static base::Result<HostReserve> of(Fd on, std::int64_t least = 0);
  HostReserve() = default;  // keeps nothing

  // Whether `bytes` more leave the reserve whole: HostDiskFull. One system call; any thread.
  base::Status room_for(std::int64_t bytes) const;

 private:
  Fd on_;
  std::int64_t kept_ = 0;
};

}  // namespace stipend::host
