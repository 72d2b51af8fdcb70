#include "host/host_reserve.hpp"

#include <sys/statvfs.h>
#include <sys/sysinfo.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <utility>

#include "host/disk_watch.hpp"
#include "host/files.hpp"

namespace stipend::host {

std::int64_t dirty_limit() {
  const auto number = [](const char* path) {
    std::int64_t value = 0;
    if (const auto text = read_file(path)) std::from_chars(text->data(), text->data() + text->size(), value);
    return value;
  };
  if (const auto bytes = number("/proc/sys/vm/dirty_bytes"); bytes > 0) return bytes;
  struct sysinfo memory{};
  if (::sysinfo(&memory) != 0) return 0;
  return static_cast<std::int64_t>(memory.totalram * memory.mem_unit) / 100 * number("/proc/sys/vm/dirty_ratio");
}

base::Result<HostReserve> HostReserve::of(Fd on, std::int64_t least) {
  struct statvfs s{};
  if (::fstatvfs(on.get(), &s) != 0) return base::fail_errno("look at the host's file system", errno);
  HostReserve made;
  made.on_ = std::move(on);
  made.kept_ = std::max(least, DiskMarks::of(static_cast<std::int64_t>(s.f_blocks * s.f_frsize), dirty_limit()).reserve);
  return made;
}

base::Status HostReserve::room_for(std::int64_t bytes) const {
  if (!on_) return {};
  struct statvfs s{};
  if (::fstatvfs(on_.get(), &s) != 0) return base::fail_errno("look at the host's file system", errno);
  if (static_cast<std::int64_t>(s.f_bavail * s.f_frsize) - bytes >= kept_) return {};
  return base::fail(base::Fault::kNoRoom, kHostDiskFull,
                    "The server's own disk is almost full, and what is left is kept for machines that run. Nothing of this was kept. Try again "
                    "later, or tell the operator of this server to free space.");
}

}  // namespace stipend::host
