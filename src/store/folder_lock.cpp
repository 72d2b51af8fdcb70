#include "store/folder_lock.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <thread>

namespace stipend::store {

namespace {

constexpr auto kRetryEvery = std::chrono::milliseconds(20);

bool lock_within(int file, std::chrono::milliseconds patience) {
  const auto until = std::chrono::steady_clock::now() + patience;
  while (::flock(file, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK || std::chrono::steady_clock::now() >= until) return false;
    std::this_thread::sleep_for(kRetryEvery);
  }
  return true;
}

}  // namespace

base::Result<FolderLock> FolderLock::take(const std::string& folder, std::chrono::milliseconds patience) {
  const auto path = folder + "/lock";
  const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (file < 0)
    return base::fail_errno("cannot open " + path + " (the state folder must exist and be writable)", errno);
  FolderLock made(file);
  if (!lock_within(file, patience)) {
    if (errno != EWOULDBLOCK) return base::fail_errno("flock " + path, errno);
    char text[32] = {};
    const auto got = ::pread(file, text, sizeof text - 1, 0);
    const std::string pid(text, got > 0 ? static_cast<std::size_t>(got) : 0);
    return base::fail(base::Fault::kConflict, "StateInUse",
                      "another server (process " + (pid.empty() ? "unknown" : pid) +
                          ") uses this state folder: stop it first, or give this one another --state");
  }
  const auto pid = std::to_string(::getpid());
  if (::ftruncate(file, 0) != 0 || ::pwrite(file, pid.data(), pid.size(), 0) < 0) {
    // Only the other server's message is poorer for it.
  }
  return made;
}

FolderLock::~FolderLock() {
  if (file_ >= 0) ::close(file_);
}

}  // namespace stipend::store
