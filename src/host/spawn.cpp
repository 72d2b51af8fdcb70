#include "host/spawn.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstdio>
#include <fstream>
#include <sstream>

namespace stipend::host {
namespace {

std::string read_text(const std::string& path) {
  std::ifstream in(path);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

void default_signals() {
  sigset_t none;
  sigemptyset(&none);
  for (int s = 1; s < NSIG; ++s) ::signal(s, SIG_DFL);
  sigprocmask(SIG_SETMASK, &none, nullptr);
}

}  // namespace

base::Result<Fd> open_pidfd(pid_t pid) {
  Fd fd(static_cast<int>(syscall(SYS_pidfd_open, pid, 0)));
  if (!fd) return base::fail_errno("pidfd_open", errno);
  return fd;
}

base::Result<Child> fork_child(const std::function<int()>& body) {
  const pid_t parent = getpid();
  const pid_t pid = fork();
  if (pid < 0) return base::fail_errno("fork", errno);
  if (pid == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(127);  // it died before the line above
    default_signals();
    if (std::FILE* f = std::fopen("/proc/self/oom_score_adj", "we")) {
      std::fputs("0", f);
      std::fclose(f);
    }
    _exit(body());
  }
  Child child{.pid = pid, .pidfd = {}};
  if (auto fd = open_pidfd(pid)) child.pidfd = *std::move(fd);
  return child;
}

base::Result<std::string> sibling_program(const std::string& name) {
  char self[PATH_MAX];
  const auto length = readlink("/proc/self/exe", self, sizeof self - 1);
  if (length <= 0) return base::fail_errno("readlink /proc/self/exe", errno);
  const std::string path(self, static_cast<std::size_t>(length));
  return path.substr(0, path.rfind('/') + 1) + name;
}

base::Result<Child> spawn_self(const std::vector<std::string>& arguments, int keep, int log) {
  return spawn_program("/proc/self/exe", arguments, {keep}, log);
}

base::Result<Child> spawn_program(const std::string& program, const std::vector<std::string>& arguments,
                                  const std::vector<int>& keep, int log) {
  std::vector<char*> argv{const_cast<char*>(program.c_str())};
  char self[PATH_MAX];
  if (program == "/proc/self/exe") {  // people read lists of processes
    const auto length = readlink(program.c_str(), self, sizeof self - 1);
    if (length <= 0) return base::fail_errno("readlink /proc/self/exe", errno);
    self[length] = '\0';
    argv.front() = self;
  }
  for (const auto& a : arguments) argv.push_back(const_cast<char*>(a.c_str()));
  argv.push_back(nullptr);
  const pid_t pid = fork();
  if (pid < 0) return base::fail_errno("fork", errno);
  if (pid == 0) {
    setsid();
    default_signals();
    // Above the descriptors that are about to be replaced.
    constexpr int kAbove = 16;
    std::vector<int> kept;
    for (const int fd : keep) kept.push_back(fcntl(fd, F_DUPFD, kAbove));
    const int out = fcntl(log, F_DUPFD, kAbove), null = open("/dev/null", O_RDWR);
    if (out < 0 || null < 0) _exit(126);
    if (dup2(null, 0) < 0 || dup2(out, 1) < 0 || dup2(out, 2) < 0) _exit(126);
    unsigned next = 3;
    for (const int fd : kept)
      if (fd < 0 || dup2(fd, static_cast<int>(next++)) < 0) _exit(126);
    if (syscall(SYS_close_range, next, ~0U, 0U) != 0) _exit(126);
    execv(program.c_str(), argv.data());
    _exit(126);
  }
  Child child{.pid = pid, .pidfd = {}};
  if (auto fd = open_pidfd(pid)) child.pidfd = *std::move(fd);
  return child;
}

bool reap(Child& child, int& status) {
  if (!child || waitpid(child.pid, &status, WNOHANG) != child.pid) return false;
  child = Child{};
  return true;
}

void kill_child(const Child& child) {
  if (child) ::kill(child.pid, SIGKILL);  // ours and not reaped: the number is still its own
}

bool has_ended(const Fd& pidfd) {
  pollfd p{.fd = pidfd.get(), .events = POLLIN, .revents = 0};
  return !pidfd || ::poll(&p, 1, 0) > 0;
}

std::uint64_t start_time_of(pid_t pid) {
  const std::string stat = read_text("/proc/" + std::to_string(pid) + "/stat");
  const auto close = stat.rfind(')');
  if (close == std::string::npos) return 0;
  std::istringstream rest(stat.substr(close + 1));
  std::string word;
  for (int field = 3; field <= 22; ++field)
    if (!(rest >> word)) return 0;
  return std::strtoull(word.c_str(), nullptr, 10);
}

std::vector<pid_t> children_of(pid_t pid) {
  const std::string p = std::to_string(pid);
  std::istringstream in(read_text("/proc/" + p + "/task/" + p + "/children"));
  std::vector<pid_t> found;
  for (pid_t child = 0; in >> child;) found.push_back(child);
  return found;
}

bool is_container_init(pid_t pid) {
  const std::string folder = "/proc/" + std::to_string(pid);
  std::istringstream status(read_text(folder + "/status"));
  bool first = false;
  for (std::string line; std::getline(status, line);) {
    if (!line.starts_with("NSpid:")) continue;
    std::istringstream words(line.substr(6));
    std::vector<std::string> pids;
    for (std::string w; words >> w;) pids.push_back(w);
    first = pids.size() >= 2 && pids.back() == "1";
  }
  if (!first) return false;
  // Before its exec it is a copy of us: same program file.
  char theirs[PATH_MAX], ours[PATH_MAX];
  const auto n = readlink((folder + "/exe").c_str(), theirs, sizeof theirs);
  const auto m = readlink("/proc/self/exe", ours, sizeof ours);
  return n > 0 && m > 0 && std::string_view(theirs, n) != std::string_view(ours, m);
}

std::int64_t monotonic_ms() {
  timespec t{};
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000LL + t.tv_nsec / 1'000'000;
}

bool send_signal(const Fd& pidfd, int signal) {
  return pidfd && syscall(SYS_pidfd_send_signal, pidfd.get(), signal, nullptr, 0) == 0;
}

}  // namespace stipend::host
