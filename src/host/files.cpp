#include "host/files.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <thread>

namespace stipend::host {

using base::fail_errno;
using base::Fault;

base::Result<std::string> read_file(const std::string& path, std::size_t limit) {
  Fd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return fail_errno("open " + path, errno);
  std::string text;
  char buffer[16384];
  for (;;) {
    ssize_t n = read(fd.get(), buffer, sizeof buffer);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return fail_errno("read " + path, errno);
    if (n == 0) return text;
    text.append(buffer, static_cast<std::size_t>(n));
    if (text.size() > limit)
      return base::fail(Fault::kInvalid, "FileTooLong", path + " is longer than it may be");
  }
}

base::Status write_existing(const std::string& path, std::string_view text) {
  Fd fd(open(path.c_str(), O_WRONLY | O_CLOEXEC));
  if (!fd) return fail_errno("open " + path, errno);
  ssize_t n;
  do n = write(fd.get(), text.data(), text.size());
  while (n < 0 && errno == EINTR);
  if (n != static_cast<ssize_t>(text.size())) return fail_errno("write " + path, n < 0 ? errno : EIO);
  return {};
}

base::Status write_file_atomic(const std::string& path, std::string_view text, mode_t mode, Keep keep) {
  const std::string temporary = path + ".new";
  unlink(temporary.c_str());  // a left-over, or a link or FIFO that somebody put there
  Fd fd(open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode));
  if (!fd) return fail_errno("create " + temporary, errno);
  if (fchmod(fd.get(), mode) != 0) return fail_errno("chmod " + temporary, errno);
  while (!text.empty()) {
    ssize_t n = write(fd.get(), text.data(), text.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) {
      const int reason = n < 0 ? errno : EIO;
      unlink(temporary.c_str());
      return fail_errno("write " + temporary, reason);
    }
    text.remove_prefix(static_cast<std::size_t>(n));
  }
  if ((keep == Keep::kDurable && fsync(fd.get()) != 0) || rename(temporary.c_str(), path.c_str()) != 0) {
    const int reason = errno;
    unlink(temporary.c_str());
    return fail_errno("replace " + path, reason);
  }
  if (keep == Keep::kFleeting) return {};
  Fd folder(open(path.substr(0, path.rfind('/') + 1).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (folder) fsync(folder.get());
  return {};
}

base::Status make_file(const Fd& folder, const std::string& name, const std::string& temporary,
                       const std::function<base::Status(const Fd& file)>& fill) {
  unlinkat(folder.get(), temporary.c_str(), 0);
  const auto made = [&]() -> base::Status {
    const Fd file(openat(folder.get(), temporary.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!file) return base::fail_errno("create " + temporary, errno);
    TRY(fill(file));
    if (fsync(file.get()) != 0 || renameat(folder.get(), temporary.c_str(), folder.get(), name.c_str()) != 0 || fsync(folder.get()) != 0)
      return base::fail_errno("finish " + name, errno);
    return {};
  }();
  if (!made) unlinkat(folder.get(), temporary.c_str(), 0);
  return made;
}

base::Status make_folders(const std::string& path, mode_t mode) {
  for (std::size_t at = 1; at <= path.size(); ++at) {
    if (at < path.size() && path[at] != '/') continue;
    const std::string part = path.substr(0, at);
    if (mkdir(part.c_str(), mode) == 0) {
      if (chmod(part.c_str(), mode) != 0) return fail_errno("chmod " + part, errno);
    } else if (errno != EEXIST) {
      return fail_errno("make folder " + part, errno);
    }
  }
  return {};
}

bool exists(const std::string& path) {
  return access(path.c_str(), F_OK) == 0;
}

base::Result<Fd> lock_file(const std::string& path, int wait_ms) {
  Fd fd(open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!fd) return fail_errno("open " + path, errno);
  for (int waited = 0; flock(fd.get(), LOCK_EX | LOCK_NB) != 0; waited += 5) {
    if (errno != EWOULDBLOCK && errno != EINTR) return fail_errno("lock " + path, errno);
    if (waited >= wait_ms)
      return base::fail(Fault::kUnavailable, "Locked",
                        path + " is locked by another process; find it with `fuser " + path + "`");
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return fd;
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kWhite = " \t\r\n";
  const auto from = text.find_first_not_of(kWhite);
  if (from == std::string_view::npos) return {};
  return text.substr(from, text.find_last_not_of(kWhite) - from + 1);
}

}  // namespace stipend::host
