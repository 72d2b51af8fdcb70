#include "host/tree.hpp"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

namespace stipend::host {
namespace {

using base::fail_errno;

Fd open_beneath(int root, const std::string& path, std::uint64_t flags) {
  open_how how{};
  how.flags = flags | O_CLOEXEC;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_XDEV;
  return Fd(static_cast<int>(syscall(SYS_openat2, root, path.c_str(), &how, sizeof how)));
}

std::string last_part(const std::string& path) {
  return path.substr(path.rfind('/') + 1);
}

// O_NONBLOCK: a FIFO or device in the place of the file must not hold us.
bool has_contents(int folder, const std::string& name, std::string_view text, mode_t mode) {
  Fd fd = open_beneath(folder, name, O_RDONLY | O_NONBLOCK | O_NOFOLLOW);
  struct stat s{};
  if (!fd || fstat(fd.get(), &s) != 0 || !S_ISREG(s.st_mode) || (s.st_mode & 07777) != mode ||
      s.st_size != static_cast<off_t>(text.size()))
    return false;
  std::string now(text.size() + 1, '\0');
  const ssize_t n = read(fd.get(), now.data(), now.size());
  return n == static_cast<ssize_t>(text.size()) && std::string_view(now).substr(0, text.size()) == text;
}

}  // namespace

base::Result<Tree> Tree::open(const std::string& root) {
  Fd fd(::open(root.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW));
  if (!fd) return fail_errno("open " + root, errno);
  return Tree(std::move(fd));
}

base::Result<Fd> Tree::folder_of(const std::string& path) const {
  const auto slash = path.rfind('/');
  Fd fd = open_beneath(root_.get(), slash == std::string::npos ? "." : path.substr(0, slash),
                       O_RDONLY | O_DIRECTORY);
  if (!fd) return fail_errno("open the folder", errno);
  return fd;
}

base::Status Tree::write(const std::string& path, std::string_view text, mode_t mode) const {
  TRY_ASSIGN(Fd folder, folder_of(path));
  const std::string name = last_part(path), temporary = ".stipend-" + name;
  if (has_contents(folder.get(), name, text, mode)) return {};
  unlinkat(folder.get(), temporary.c_str(), 0);
  Fd fd(openat(folder.get(), temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode));
  if (!fd) return fail_errno("create it", errno);
  auto written = [&]() -> base::Status {
    if (fchmod(fd.get(), mode) != 0) return fail_errno("chmod it", errno);
    while (!text.empty()) {
      const ssize_t n = ::write(fd.get(), text.data(), text.size());
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) return fail_errno("write it", n < 0 ? errno : EIO);
      text.remove_prefix(static_cast<std::size_t>(n));
    }
    if (renameat(folder.get(), temporary.c_str(), folder.get(), name.c_str()) != 0)
      return fail_errno("replace it", errno);
    return {};
  }();
  if (!written) unlinkat(folder.get(), temporary.c_str(), 0);
  return written;
}

std::string Tree::read(const std::string& path, std::size_t limit) const {
  const Fd fd = open_beneath(root_.get(), path, O_RDONLY | O_NONBLOCK | O_NOFOLLOW);
  struct stat s{};
  if (!fd || fstat(fd.get(), &s) != 0 || !S_ISREG(s.st_mode) || s.st_size > static_cast<off_t>(limit)) return {};
  std::string text(limit, '\0');
  const ssize_t n = ::read(fd.get(), text.data(), text.size());
  text.resize(n > 0 ? static_cast<std::size_t>(n) : 0);
  return text;
}

base::Status Tree::remove(const std::string& path) const {
  TRY_ASSIGN(const Fd folder, folder_of(path));
  if (unlinkat(folder.get(), last_part(path).c_str(), 0) != 0 && errno != ENOENT) return fail_errno("remove it", errno);
  return {};
}

base::Status Tree::make_folder(const std::string& path, mode_t mode) const {
  TRY_ASSIGN(Fd folder, folder_of(path));
  const std::string name = last_part(path);
  if (mkdirat(folder.get(), name.c_str(), mode) != 0 && errno != EEXIST) return fail_errno("make it", errno);
  Fd made = open_beneath(folder.get(), name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  if (!made) return fail_errno("open it", errno);
  return {};
}

}  // namespace stipend::host
