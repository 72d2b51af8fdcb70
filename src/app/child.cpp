#include "app/child.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

namespace stipend::app {
namespace {

constexpr std::size_t kMaxOutput = 1024 * 1024;

base::Result<pid_t> spawn(const std::vector<std::string>& words, int output) {
  std::vector<char*> argv;
  for (const auto& word : words) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  if (output >= 0) posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
  pid_t pid = -1;
  const int error = posix_spawn(&pid, argv[0], &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) return base::fail_errno("start " + words[0], error);
  return pid;
}

int wait_status(pid_t pid) {
  int status = 0;
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) continue;
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

}  // namespace

base::Result<int> run_program(const std::vector<std::string>& words) {
  TRY_ASSIGN(const pid_t pid, spawn(words, -1));
  return wait_status(pid);
}

base::Result<Caught> catch_program(const std::vector<std::string>& words) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return base::fail_errno("make a pipe", errno);
  const auto pid = spawn(words, ends[1]);
  close(ends[1]);
  Caught caught;
  if (pid) {
    char buffer[4096];
    for (ssize_t got; (got = read(ends[0], buffer, sizeof buffer)) > 0;)
      if (caught.output.size() < kMaxOutput) caught.output.append(buffer, static_cast<std::size_t>(got));
  }
  close(ends[0]);
  if (!pid) return std::unexpected(pid.error());
  caught.status = wait_status(*pid);
  return caught;
}

}  // namespace stipend::app
