#include "app/jump.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <pwd.h>
#include <shadow.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fstream>

#include "app/child.hpp"
#include "app/jump_config.hpp"
#include "app/jump_process.hpp"
#include "base/clock.hpp"
#include "base/log.hpp"
#include "hostlink/names.hpp"
#include "net/listener.hpp"

namespace stipend::app {
namespace {

namespace fs = std::filesystem;
namespace log = base::log;
using base::Fault;

constexpr std::int64_t kPauseMs = 1'000, kPauseMaxMs = 60'000, kLivedMs = 30'000;

std::int64_t now_ms() { return base::SystemClock().monotonic_ms(); }

base::Status make_roots_folder(const std::string& path, mode_t mode) {
  std::error_code error;
  fs::create_directories(path, error);
  struct stat found{};
  if (lstat(path.c_str(), &found) != 0) return base::fail_errno("make " + path, errno);
  if (!S_ISDIR(found.st_mode) || found.st_uid != 0)
    return base::fail(Fault::kDenied, "NotRoots", fmt::format("{} must be a folder that belongs to root", path));
  if (chmod(path.c_str(), mode) != 0) return base::fail_errno("chmod " + path, errno);
  return {};
}

base::Status make_host_key(const std::string& file) {
  if (fs::exists(file)) return {};
  TRY_ASSIGN(const int status, run_program({"/usr/bin/ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "stipend", "-f", file}));
  if (status != 0) return base::fail(Fault::kInternal, "NoHostKey", fmt::format("ssh-keygen could not write {}", file));
  return {};
}

base::Status write_file(const std::string& path, const std::string& text, mode_t mode) {
  std::ofstream(path, std::ios::trunc) << text;
  struct stat made{};
  if (stat(path.c_str(), &made) != 0 || static_cast<std::size_t>(made.st_size) != text.size())
    return base::fail_errno("write " + path, errno);
  return chmod(path.c_str(), mode) == 0 ? base::Status{} : base::fail_errno("chmod " + path, errno);
}

base::Status make_pipe(int& read_end, int& write_end) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0) return base::fail_errno("make a pipe", errno);
  read_end = ends[0];
  write_end = ends[1];
  return {};
}

void close_all(std::initializer_list<int*> fds) {
  for (int* fd : fds)
    if (*fd >= 0) close(std::exchange(*fd, -1));
}

}  // namespace

std::string find_sshd() {
  for (const char* path : {"/usr/sbin/sshd", "/usr/local/sbin/sshd"})
    if (access(path, X_OK) == 0) return path;
  return "";
}

base::Result<User> find_jump_user(const Config& config) {
  const std::string& name = config.ssh_user;
  const std::string make = fmt::format("useradd --system --user-group --no-create-home --home-dir /nonexistent --shell /usr/bin/false --password '*' {}", name);
  const passwd* entry = getpwnam(name.c_str());
  if (!entry) return base::fail(Fault::kInvalid, "NoSuchUser", fmt::format("there is no user '{}' for ssh connections; make it with: {}", name, make));
  const User user{entry->pw_uid, entry->pw_gid};
  const std::string shell = entry->pw_shell;
  const passwd* server = name == config.user ? entry : getpwnam(config.user.c_str());
  if (user.uid == 0 || (server && server->pw_uid == user.uid))
    return base::fail(Fault::kInvalid, "WrongUser", "[ssh] user must be a system user of its own: neither root nor the one of [server] user");
  if (access(shell.c_str(), X_OK) != 0)
    return base::fail(Fault::kInvalid, "NoShell",
                      fmt::format("sshd refuses the user '{0}', because its shell {1} does not exist: usermod -s /usr/bin/false {0}", name, shell));
  const spwd* shadow = geteuid() == 0 ? getspnam(name.c_str()) : nullptr;
  if (shadow && shadow->sp_pwdp && shadow->sp_pwdp[0] == '!')
    return base::fail(Fault::kInvalid, "LockedUser",
                      fmt::format("sshd refuses the user '{0}' as locked; it needs no password, only: usermod -p '*' {0}", name));
  return user;
}

base::Result<std::unique_ptr<JumpHost>> JumpHost::prepare(const Paths& paths, const Config& config, User server) {
  if (config.ssh_listen.empty()) return nullptr;
  if (geteuid() != 0)
    return base::fail(Fault::kDenied, "NotRoot", "[ssh] listen needs root: start it with sudo, or leave the key empty");
  if (find_sshd().empty())
    return base::fail(Fault::kInvalid, "NoSshd", "[ssh] listen is set, but there is no sshd: apt install openssh-server");
  TRY_ASSIGN(const User user, find_jump_user(config));
  TRY_ASSIGN(const auto endpoint, net::parse_host_port(config.ssh_listen));
  TRY_ASSIGN(const auto free_port, net::listen(endpoint.host, endpoint.port));  // given back at once: sshd binds it itself
  const std::string runtime = hostlink::runtime_folder(paths.state);
  const std::string folder = runtime + "/jump", keep = paths.state + "/jump";
  TRY(make_roots_folder("/run/stipend", 0755));
  TRY(make_roots_folder(runtime, 0711));
  TRY(make_roots_folder(folder, 0755));
  TRY(make_roots_folder(keep, 0700));
  TRY(make_host_key(keep + "/host_key"));
  std::unique_ptr<JumpHost> made(new JumpHost(folder, free_port.name()));
  const JumpSettings settings{{endpoint.host, free_port.port()}, config.ssh_user, keep + "/host_key", std::string(kJumpFolder) + "/keys.sock"};
  TRY(write_file(folder + "/sshd_config", sshd_config(settings, SshdAge::kRecent), 0644));
  TRY(write_file(folder + "/sshd_config.any", sshd_config(settings, SshdAge::kAny), 0644));
  TRY(write_file(folder + "/hosts", "127.0.0.1 localhost\n::1 localhost\n", 0644));
  made->sockets_.hosts = open((folder + "/hosts").c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW);
  if (made->sockets_.hosts < 0) return base::fail_errno("open the list of machines", errno);
  fs::remove(folder + "/keys.sock");  // of a keeper that was killed; nobody else makes one here
  TRY_ASSIGN(auto keys, net::listen_unix(folder + "/keys.sock", 0660));
  if (chown((folder + "/keys.sock").c_str(), server.uid, user.gid) != 0) return base::fail_errno("chown keys.sock", errno);
  made->sockets_.keys = keys.release();
  made->sockets_.user = user.uid;
  TRY(make_pipe(made->end_read_, made->sockets_.end));
  TRY(make_pipe(made->sockets_.log, made->log_write_));
  return made;
}

JumpHost::~JumpHost() {
  if (pid_ > 0) {
    kill(pid_, SIGKILL);  // the first of its process namespace: the kernel ends the rest
    while (waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) continue;
  }
  close_servers_ends();
  close_all({&end_read_, &log_write_});
  std::error_code ignored;
  fs::remove_all(folder_, ignored);
  fs::remove(fs::path(folder_).parent_path(), ignored);  // when nothing else of the state runs
}

void JumpHost::close_servers_ends() { close_all({&sockets_.keys, &sockets_.end, &sockets_.log, &sockets_.hosts}); }

void JumpHost::start() {
  restart_at_ = -1;
  started_at_ = now_ms();
  pid_ = start_in_namespaces(folder_, log_write_);
  if (pid_ < 0) {
    log::error("the ssh jump host cannot start", {{"errno", errno}});
    reaped(pid_, 0);
  }
}

bool JumpHost::reaped(int pid, int status) {
  if (pid != pid_) return false;
  pid_ = -1;
  pause_ms_ = now_ms() - started_at_ > kLivedMs ? kPauseMs : std::min(std::max(2 * pause_ms_, kPauseMs), kPauseMaxMs);
  restart_at_ = now_ms() + pause_ms_;
  log::warn("the ssh jump host ended; it is started again", {{"status", status}, {"listen", listen_}, {"in_s", pause_ms_ / 1000}});
  return true;
}

void JumpHost::tick() {
  if (restart_at_ >= 0 && now_ms() >= restart_at_) start();
}

std::int64_t JumpHost::next_wait_ms() const {
  return restart_at_ < 0 ? 60'000 : std::clamp<std::int64_t>(restart_at_ - now_ms(), 0, 60'000);
}

// The server names processes; only sshd's own children are ended, so that a server that was taken over ends no others.
void JumpHost::end_connections() {
  char text[4096];
  const auto got = read(end_read_, text, sizeof text);
  if (got <= 0) {
    if (got == 0) close_all({&end_read_});
    return;
  }
  std::string_view lines(text, static_cast<std::size_t>(got));
  while (!lines.empty()) {
    const auto line = lines.substr(0, lines.find('\n'));
    lines.remove_prefix(std::min(line.size() + 1, lines.size()));
    const auto named = parse_process(line);
    const auto found = named ? find_process(named->pid) : std::nullopt;
    if (!found || pid_ <= 0 || found->parent != pid_ || found->started != named->started) continue;
    kill(found->pid, SIGTERM);
  }
}

}  // namespace stipend::app
