#include "host/process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>

#include "host/fd.hpp"
#include "host/files.hpp"

namespace stipend::host {
namespace {

constexpr std::size_t kOutputMax = 64 * 1024;

std::string last_line(std::string_view text) {
  text = trimmed(text);
  const auto at = text.rfind('\n');
  return std::string(at == std::string_view::npos ? text : text.substr(at + 1)).substr(0, 300);
}

// Only the tool's own exit status matters; its output ends when it and its children closed the pipe.
void drain(int pipe, int pidfd, int limit_ms, std::string& output, bool& ended) {
  using Clock = std::chrono::steady_clock;
  const auto until = Clock::now() + std::chrono::milliseconds(limit_ms);
  bool open = true;
  while (!ended) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until - Clock::now()).count();
    if (left <= 0) return;
    pollfd fds[2] = {{pidfd, POLLIN, 0}, {open ? pipe : -1, POLLIN, 0}};
    if (poll(fds, 2, static_cast<int>(left)) < 0 && errno != EINTR) return;
    if (fds[1].revents != 0) {
      char buffer[4096];
      const ssize_t n = read(pipe, buffer, sizeof buffer);
      if (n <= 0)
        open = false;
      else if (output.size() < kOutputMax)
        output.append(buffer, static_cast<std::size_t>(n));
      continue;
    }
    ended = fds[0].revents != 0;
  }
}

}  // namespace

std::string find_tool(const std::string& name) {
  for (const char* folder : {"/usr/sbin/", "/usr/bin/", "/sbin/", "/bin/"})
    if (access((folder + name).c_str(), X_OK) == 0) return folder + name;
  return {};
}

base::Result<std::string> run_tool(const std::vector<std::string>& argv, int limit_ms) {
  using base::fail;
  using base::Fault;
  const std::string path = find_tool(argv.at(0));
  if (path.empty())
    return fail(Fault::kUnavailable, "ToolMissing",
                argv[0] + " is not installed; `make setup` installs all that is needed");
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return base::fail_errno("pipe", errno);
  Fd reader(ends[0]), writer(ends[1]);

  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, writer.get(), 1);
  posix_spawn_file_actions_adddup2(&actions, writer.get(), 2);
  posix_spawn_file_actions_addclosefrom_np(&actions, 3);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t none, all;
  sigemptyset(&none);
  sigfillset(&all);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setsigdefault(&attributes, &all);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  std::vector<char*> args;
  for (const auto& a : argv) args.push_back(const_cast<char*>(a.c_str()));
  args.push_back(nullptr);
  char env_path[] = "PATH=/usr/sbin:/usr/bin:/sbin:/bin", env_lang[] = "LC_ALL=C";
  char* env[] = {env_path, env_lang, nullptr};
  pid_t pid = -1;
  const int spawned = posix_spawn(&pid, path.c_str(), &actions, &attributes, args.data(), env);
  posix_spawn_file_actions_destroy(&actions);
  posix_spawnattr_destroy(&attributes);
  if (spawned != 0) return base::fail_errno("run " + path, spawned);
  writer.reset();

  Fd pidfd(static_cast<int>(syscall(SYS_pidfd_open, pid, 0)));
  std::string output;
  bool ended = false;
  if (pidfd) drain(reader.get(), pidfd.get(), limit_ms, output, ended);
  if (!ended) kill(pid, SIGKILL);
  int status = 0;
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  if (!ended)
    return fail(Fault::kUnavailable, "ToolTimeout",
                argv[0] + " did not end within " + std::to_string(limit_ms) + " ms");
  // What was written between the last poll and the end.
  fcntl(reader.get(), F_SETFL, O_NONBLOCK);
  char buffer[4096];
  for (ssize_t n; output.size() < kOutputMax && (n = read(reader.get(), buffer, sizeof buffer)) > 0;)
    output.append(buffer, static_cast<std::size_t>(n));
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
    return fail(Fault::kUnavailable, "ToolFailed", argv[0] + " failed: " + last_line(output));
  return output;
}

}  // namespace stipend::host
