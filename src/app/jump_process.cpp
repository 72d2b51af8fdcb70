#include "app/jump_process.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <fstream>
#include <sstream>

#include "app/jump.hpp"

namespace stipend::app {
namespace {

[[noreturn]] void die(const char* what) {
  dprintf(STDERR_FILENO, "fatal: %s: %s\n", what, std::strerror(errno));
  _exit(1);
}

// A /run of its own: sshd's empty folder cannot be taken away by another service, and no other socket is in sight.
void make_view(const std::string& folder) {
  if (mount(nullptr, "/", nullptr, MS_REC | MS_SLAVE, nullptr) != 0) die("make mounts private");
  const int own = open_tree(AT_FDCWD, folder.c_str(), OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
  if (own < 0) die("open the jump host's folder");
  if (mount("tmpfs", "/run", "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, "mode=0755,size=64k") != 0) die("mount /run");
  const std::string here(kJumpFolder);
  if (mkdir("/run/sshd", 0755) != 0 || mkdir(here.c_str(), 0755) != 0) die("make folders in /run");
  if (move_mount(own, "", AT_FDCWD, here.c_str(), MOVE_MOUNT_F_EMPTY_PATH) != 0) die("mount the jump host's folder");
  if (mount((here + "/hosts").c_str(), "/etc/hosts", nullptr, MS_BIND, nullptr) != 0) die("mount /etc/hosts");
}

bool accepts(const std::string& sshd, const std::string& config) {
  const pid_t pid = fork();
  if (pid == 0) {
    const int nothing = open("/dev/null", O_WRONLY | O_CLOEXEC);
    dup2(nothing, STDERR_FILENO);
    execl(sshd.c_str(), sshd.c_str(), "-t", "-f", config.c_str(), nullptr);
    _exit(127);
  }
  int status = -1;
  while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR) continue;
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

[[noreturn]] void become_sshd(const std::string& folder, int log) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  setsid();
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  const int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
  if (dup2(nothing, STDIN_FILENO) < 0 || dup2(nothing, STDOUT_FILENO) < 0 || dup2(log, STDERR_FILENO) < 0) _exit(1);
  close_range(3, ~0U, CLOSE_RANGE_CLOEXEC);
  make_view(folder);
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) die("forbid new privileges");
  const std::string sshd = find_sshd(), recent = std::string(kJumpFolder) + "/sshd_config", any = recent + ".any";
  const std::string& config = accepts(sshd, recent) ? recent : any;
  const char* argv[] = {sshd.c_str(), "-D", "-e", "-f", config.c_str(), nullptr};
  const char* environment[] = {"PATH=/usr/bin:/bin", nullptr};
  execve(sshd.c_str(), const_cast<char**>(argv), const_cast<char**>(environment));
  die("start sshd");
}

}  // namespace

int start_in_namespaces(const std::string& folder, int log) {
  clone_args arguments{};
  arguments.flags = CLONE_NEWPID | CLONE_NEWNS;
  arguments.exit_signal = SIGCHLD;
  const auto pid = syscall(SYS_clone3, &arguments, sizeof arguments);
  if (pid == 0) become_sshd(folder, log);
  return static_cast<int>(pid);
}

std::optional<Process> find_process(int pid) {
  if (pid <= 0) return {};
  std::ifstream file(fmt::format("/proc/{}/stat", pid));
  std::string text;
  if (!std::getline(file, text)) return {};
  // The second field is a name in parentheses that may hold anything; the last ")" ends it.
  const auto end = text.rfind(')');
  if (end == std::string::npos) return {};
  std::istringstream rest(text.substr(end + 1));
  std::string skipped;
  Process process{.pid = pid};
  rest >> skipped >> process.parent;  // fields 3 and 4
  for (int field = 5; field < 22; ++field) rest >> skipped;
  rest >> process.started;
  if (!rest) return {};
  return process;
}

std::optional<Process> parse_process(std::string_view line) {
  Process process;
  const char* const end = line.data() + line.size();
  const auto [after_pid, wrong] = std::from_chars(line.data(), end, process.pid);
  if (wrong != std::errc{} || after_pid == end || *after_pid != ' ' || process.pid <= 0) return {};
  const auto [after, also_wrong] = std::from_chars(after_pid + 1, end, process.started);
  if (also_wrong != std::errc{} || after != end) return {};
  return process;
}

std::string to_line(const Process& process) { return fmt::format("{} {}\n", process.pid, process.started); }

}  // namespace stipend::app
