#include "app/privileges.hpp"

#include <fmt/format.h>
#include <grp.h>
#include <pwd.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>

namespace stipend::app {

using base::fail_errno;

base::Result<User> find_user(const std::string& name) {
  errno = 0;
  const passwd* entry = getpwnam(name.c_str());
  if (!entry)
    return base::fail(base::Fault::kInvalid, "NoSuchUser",
                      fmt::format("there is no user '{0}' to run the server as; make it with: useradd --system --user-group "
                                  "--no-create-home --shell /usr/sbin/nologin {0}",
                                  name));
  if (entry->pw_uid == 0)
    return base::fail(base::Fault::kInvalid, "RootUser", "[server] user must not be root: the server reads hostile requests");
  return User{entry->pw_uid, entry->pw_gid};
}

base::Status enter_view_and_drop(const std::vector<Binding>& bindings, User user) {
  if (unshare(CLONE_NEWNS) != 0) return fail_errno("unshare the mount namespace", errno);
  if (mount(nullptr, "/", nullptr, MS_REC | MS_SLAVE, nullptr) != 0) return fail_errno("make mounts private", errno);
  for (const auto& binding : bindings) {
    std::error_code error;
    std::filesystem::create_directories(binding.to, error);
    if (mount(binding.from.c_str(), binding.to.c_str(), nullptr, MS_BIND, nullptr) != 0)
      return fail_errno(fmt::format("bind {} to {}", binding.from, binding.to), errno);
  }
  if (setgroups(0, nullptr) != 0 || setresgid(user.gid, user.gid, user.gid) != 0 ||
      setresuid(user.uid, user.uid, user.uid) != 0)
    return fail_errno("become the server's user", errno);
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return fail_errno("forbid new privileges", errno);
  if (setuid(0) == 0) return base::fail(base::Fault::kInternal, "StillRoot", "root was not given up");
  return {};
}

}  // namespace stipend::app
