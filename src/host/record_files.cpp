#include "host/record_files.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "host/fd.hpp"

namespace stipend::host {
base::Status write_file(const std::string& path, std::string_view text) {
  const std::string temporary = path + ".new";
  Fd fd(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!fd) return base::fail_errno("create " + temporary, errno);
  const auto n = ::write(fd.get(), text.data(), text.size());
  if (n != static_cast<ssize_t>(text.size()))
    return base::fail_errno("write " + temporary, n < 0 ? errno : EIO);
  if (::rename(temporary.c_str(), path.c_str()) != 0) return base::fail_errno("rename " + path, errno);
  return {};
}

base::Status remove_file(const std::string& path) {
  if (::unlink(path.c_str()) == 0 || errno == ENOENT) return {};
  return base::fail_errno("remove " + path, errno);
}

base::Status make_root_folder(const std::string& path) {
  if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) return base::fail_errno("mkdir " + path, errno);
  struct stat info{};
  if (::lstat(path.c_str(), &info) != 0) return base::fail_errno("stat " + path, errno);
  if (!S_ISDIR(info.st_mode) || info.st_uid != geteuid() || (info.st_mode & 077) != 0)
    return base::fail(base::Fault::kDenied, "UnsafeFolder",
                      path + " must be a folder of root with mode 0700; move it away and start again");
  return {};
}

}  // namespace stipend::host
