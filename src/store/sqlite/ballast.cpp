#include "store/sqlite/ballast.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>

namespace stipend::store::sqlite {

base::Status Ballast::set_aside() {
  struct stat have{};
  if (stat(path_.c_str(), &have) == 0 && have.st_size == bytes_ && have.st_blocks * 512 >= bytes_) {
    present_ = true;
    return {};
  }
  present_ = false;
  struct statvfs disk{};
  const auto folder = std::filesystem::path(path_).parent_path();
  if (statvfs(folder.c_str(), &disk) != 0) return base::fail_errno("statvfs " + folder.string(), errno);
  if (static_cast<std::int64_t>(disk.f_bavail) * static_cast<std::int64_t>(disk.f_frsize) < 2 * bytes_)
    return base::fail(base::Fault::kNoRoom, "DiskFull",
                      "the disk of " + folder.string() + " is full: free at least " +
                          std::to_string(2 * bytes_ / 1024 / 1024) + " MiB");
  const int file = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (file < 0) return base::fail_errno("open " + path_, errno);
  const int failed = posix_fallocate(file, 0, bytes_);
  ::close(file);
  if (failed != 0) {
    ::unlink(path_.c_str());
    return base::fail_errno("setting space aside in " + path_, failed);
  }
  present_ = true;
  return {};
}

void Ballast::release() {
  ::unlink(path_.c_str());
  present_ = false;
}

}  // namespace stipend::store::sqlite
