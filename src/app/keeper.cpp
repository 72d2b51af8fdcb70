#include "app/keeper.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <filesystem>

#include "app/address.hpp"
#include "app/certificate_keeper.hpp"
#include "app/privileges.hpp"
#include "base/clock.hpp"
#include "base/log.hpp"
#include "hostlink/names.hpp"
#include "net/listener.hpp"

namespace stipend::app {
namespace {

namespace log = base::log;

constexpr std::int64_t kServerEndsWithinMs = 20'000;
constexpr std::int64_t kHostRestartPauseMs = 1'000, kHostRestartPauseMaxMs = 60'000;
constexpr std::int64_t kPredecessorGoneWithinMs = 3'000;  // one that was killed a moment ago

int complain(const base::Error& error) {
  fmt::print(stderr, "stipend: {}\n", error.message);
  return 1;
}

base::Status make_folder(const std::string& path, mode_t mode, User owner) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error) return base::fail(base::Fault::kInvalid, "NoFolder", fmt::format("cannot make {}: {}", path, error.message()));
  if (chmod(path.c_str(), mode) != 0) return base::fail_errno("chmod " + path, errno);
  if (geteuid() == 0 && chown(path.c_str(), owner.uid, owner.gid) != 0) return base::fail_errno("chown " + path, errno);
  return {};
}

// A socket that is in use may be that of a server which was killed a moment ago and is not gone yet.
template <typename Listen>
base::Result<net::Listener> patiently(Listen listen) {
  const base::SystemClock clock;
  const auto until = clock.monotonic_ms() + kPredecessorGoneWithinMs;
  for (;;) {
    auto made = listen();
    if (made || made.error().code != "AddressInUse" || clock.monotonic_ms() >= until) return made;
    usleep(20'000);
  }
}

// Does a stipend-host, whoever started it, hold this state's lock?
bool another_host_serves(const std::string& state) {
  const int lock = open(hostlink::host_lock(state).c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW);
  if (lock < 0) return false;
  const bool held = flock(lock, LOCK_EX | LOCK_NB) != 0;
  close(lock);
  return held;
}

bool has_terminal() {
  const int terminal = open("/dev/tty", O_RDONLY | O_CLOEXEC | O_NOCTTY);
  if (terminal >= 0) close(terminal);
  return terminal >= 0;
}

// The server process or stipend-host, as children of the keeper.
class Keeper {
 public:
  Keeper(const Paths& paths, const Config& config, const KeeperHooks& hooks) : paths_(paths), config_(config), hooks_(hooks), certificates_(paths, config) {}

  int run() {
    if (const auto prepared = prepare(); !prepared) return complain(prepared.error());
    sigset_t set;
    sigemptyset(&set);
    for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGCHLD}) sigaddset(&set, signal);
    sigprocmask(SIG_BLOCK, &set, &old_mask_);
    signals_ = signalfd(-1, &set, SFD_CLOEXEC);
    start_server();
    return watch();
  }

 private:
  base::Status prepare() {
    const bool root = geteuid() == 0;
    if (!root && config_.provider == "lxc")
      return base::fail(base::Fault::kDenied, "NotRoot",
                        "machines need root on this computer: start it with sudo, or try it without real machines with "
                        "[compute] provider = \"fake\"");
    if (root) {
      TRY_ASSIGN(user_, find_user(config_.user));
    } else {
      user_ = {geteuid(), getegid()};
    }
    TRY_ASSIGN(const auto endpoint, net::parse_host_port(config_.listen));
    if (const auto wrong = wrong_address(config_, !net::is_loopback_address(endpoint.host)); !wrong.empty())
      return base::fail(base::Fault::kDenied, "WrongAddress", wrong);
    const User owner{root ? 0 : user_.uid, root ? 0 : user_.gid};
    TRY(make_folder(paths_.state, 0755, owner));
    TRY(make_folder(paths_.server, 0700, user_));
    TRY(make_folder(paths_.images, 0755, owner));
    if (config_.acme()) {
      TRY(make_folder(paths_.acme_folder, 0700, owner));
      TRY(make_folder(paths_.challenges, 0755, owner));
    }
    TRY_ASSIGN(tls_, certificates_.prepare());  // now: the server's own user may not read the key
    sockets_.certificates = certificates_.server_end();
    TRY(make_folder(paths_.admin_folder, 0750, {owner.uid, user_.gid}));
    TRY_ASSIGN(auto admin, patiently([&] { return net::listen_unix(paths_.admin_socket, 0660); }));
    if (root && chown(paths_.admin_socket.c_str(), user_.uid, user_.gid) != 0)
      return base::fail_errno("chown " + paths_.admin_socket, errno);
    TRY_ASSIGN(auto http, patiently([&] { return net::listen(endpoint.host, endpoint.port); }));
    if (!config_.http_listen.empty()) {
      TRY_ASSIGN(const auto plain_endpoint, net::parse_host_port(config_.http_listen));
      TRY_ASSIGN(auto plain, patiently([&] { return net::listen(plain_endpoint.host, plain_endpoint.port); }));
      sockets_.plain = plain.release();
    }
    listen_ = http.name();
    sockets_.admin = admin.release();
    sockets_.http = http.release();
    TRY_ASSIGN(jump_, JumpHost::prepare(paths_, config_, user_));
    int ready[2];
    if (pipe2(ready, O_CLOEXEC) != 0) return base::fail_errno("make a pipe", errno);
    ready_read_ = ready[0];
    sockets_.ready = ready[1];
    return {};
  }

  void start_server() {
    server_ = fork();
    if (server_ != 0) {
      for (const int fd : {sockets_.http, sockets_.plain, sockets_.admin, sockets_.ready}) close(fd);
      certificates_.server_has_its_end();
      if (jump_) jump_->close_servers_ends();
      return;
    }
    prctl(PR_SET_PDEATHSIG, SIGKILL);  // also ends one that stands still, so that the next server is not refused
    close(ready_read_);
    close(signals_);
    certificates_.in_the_server();
    sigprocmask(SIG_SETMASK, &old_mask_, nullptr);
    signal(SIGINT, SIG_IGN);  // the terminal sends it to the whole group; the keeper decides
    ServerJob job{config_, listen_, paths_.server, paths_.images, host_socket_of(paths_), config_.acme() ? paths_.challenges : "", tls_,
                  sockets_, jump_ ? jump_->sockets() : JumpSockets{}};
    if (jump_) job.config.ssh_listen = jump_->listen();
    if (geteuid() == 0) {
      const std::string view = std::filesystem::path(job.host_socket).parent_path() / "view";
      job.folder = view + "/server";
      job.images = view + "/images";
      std::vector<Binding> bindings = {{paths_.server, job.folder}, {paths_.images, job.images}};
      if (!job.challenges.empty()) bindings.push_back({paths_.challenges, job.challenges = view + "/challenges"});
      if (const auto dropped = enter_view_and_drop(bindings, user_); !dropped)
        _exit(complain(dropped.error()));
      prctl(PR_SET_PDEATHSIG, SIGKILL);  // the change of user cleared it
      if (getppid() == 1) _exit(1);
    }
    _exit(hooks_.serve(job));
  }

  // What enter_view_and_drop made; empty folders only, so a runtime folder that machines need stays.
  void remove_view() const {
    const auto runtime = std::filesystem::path(host_socket_of(paths_)).parent_path();
    std::error_code ignored;
    for (const char* folder : {"view/server", "view/images", "view/challenges", "view", ""}) std::filesystem::remove(runtime / folder, ignored);
  }

  // stipend-host outlives the keeper; a new one takes the place of one it finds, machines go on.
  void start_host() {
    ++host_starts_;
    host_ = fork();
    if (host_ != 0) return;
    sigprocmask(SIG_SETMASK, &old_mask_, nullptr);
    setsid();
    for (const int fd : {sockets_.http, sockets_.plain, sockets_.admin, sockets_.ready, ready_read_, signals_}) close(fd);
    const std::string program = paths_.programs + "/stipend-host";
    const std::string uid = std::to_string(user_.uid);
    std::vector<std::string> words = {program, "serve", "--state", paths_.state, "--images", paths_.images, "--uid", uid,
                                      "--log-level", config_.log_level, "--egress", hostlink::encode(config_)};
    if (!config_.private_cidr.empty()) words.insert(words.end(), {"--private-cidr", config_.private_cidr});
    if (!config_.public_cidr.empty()) words.insert(words.end(), {"--public-cidr", config_.public_cidr});
    std::vector<char*> argv;
    for (auto& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    execv(program.c_str(), argv.data());
    fmt::print(stderr, "stipend: cannot start {}: {}\n", program, std::strerror(errno));
    _exit(127);
  }

  int watch() {
    for (;;) {
      // A negative descriptor is skipped.
      pollfd fds[3] = {{signals_, POLLIN, 0}, {ready_read_, POLLIN, 0}, {jump_ ? jump_->asked_to_end() : -1, POLLIN, 0}};
      const int patience = static_cast<int>(next_wait_ms());
      poll(fds, 3, patience);
      if (fds[1].revents) on_ready();
      if (fds[2].revents) jump_->end_connections();
      if (fds[0].revents & POLLIN) {
        signalfd_siginfo info{};
        if (read(signals_, &info, sizeof info) == sizeof info) on_signal(static_cast<int>(info.ssi_signo));
      }
      if (ending_since_ < 0) certificates_.tick(now());
      reap();
      if (server_ < 0) break;
      if (jump_ && ending_since_ < 0) jump_->tick();
      if (ending_since_ >= 0 && now() - ending_since_ > kServerEndsWithinMs) kill(server_, SIGKILL);
      if (host_ < 0 && host_restart_at_ >= 0 && now() >= host_restart_at_ && ending_since_ < 0) {
        host_restart_at_ = another_host_serves(paths_.state) ? now() + kHostRestartPauseMs : -1;
        if (host_restart_at_ < 0) start_host();
      }
    }
    jump_.reset();
    remove_view();
    if (hooks_.after_end) hooks_.after_end();
    if (WIFSIGNALED(server_status_) && ending_since_ < 0) {
      fmt::print(stderr, "stipend: the server was ended by signal {}; machines go on until their lease ends\n",
                 WTERMSIG(server_status_));
      return 1;
    }
    if (host_refused_) return 1;
    return WIFEXITED(server_status_) ? WEXITSTATUS(server_status_) : 0;
  }

  void on_ready() {
    char byte = 0;
    const bool said = read(ready_read_, &byte, 1) == 1;
    if (said && byte == kStateOpen) {
      if (config_.provider == "lxc" && ending_since_ < 0) start_host();
      return;
    }
    close(std::exchange(ready_read_, -1));
    if (said && jump_) jump_->start();
    if (!said || !hooks_.when_ready) return;
    helper_ = fork();
    if (helper_ == 0) {
      sigprocmask(SIG_SETMASK, &old_mask_, nullptr);
      close(signals_);
      prctl(PR_SET_PDEATHSIG, SIGTERM);
      _exit(hooks_.when_ready(listen_));
    }
  }

  // SIGHUP reads the certificate again, unless it says that the terminal has gone.
  void on_signal(int number) {
    if (number == SIGHUP && !(had_terminal_ && !has_terminal())) certificates_.reload();
    else if (number != SIGCHLD) begin_end();
  }

  void begin_end() {
    if (ending_since_ >= 0) return;
    if (helper_ > 0) kill(helper_, SIGTERM);
    if (hooks_.before_end && !host_refused_) hooks_.before_end();
    ending_since_ = now();
    if (server_ > 0) kill(server_, SIGTERM);
  }

  void reap() {
    int status = 0;
    for (pid_t pid; (pid = waitpid(-1, &status, WNOHANG)) > 0;) {
      if (pid == server_) {
        server_ = -1;
        server_status_ = status;
      } else if (pid == host_) {
        host_ = -1;
        if (WIFEXITED(status) && WEXITSTATUS(status) == 0) continue;  // somebody wanted its end
        on_host_end(status);
      } else if (certificates_.reaped(pid, status, now()) || (jump_ && jump_->reaped(pid, status))) {
        continue;
      } else if (pid == helper_) {
        helper_ = -1;
        if (WIFEXITED(status) && WEXITSTATUS(status) != 0) begin_end();
      }
    }
  }

  // At the start a person waits for it: what it could not do ends everything. Later students are being served, and
  // what ended it may pass.
  void on_host_end(int status) {
    const bool refused = WIFEXITED(status) && WEXITSTATUS(status) == hostlink::kCannotServe;
    if (refused && host_starts_ == 1) {
      host_refused_ = true;
      begin_end();
    }
    if (ending_since_ >= 0) return;
    host_pause_ms_ = refused ? std::min(2 * host_pause_ms_, kHostRestartPauseMaxMs) : kHostRestartPauseMs;
    const bool found_another = WIFEXITED(status) && WEXITSTATUS(status) == hostlink::kAlreadyServed;
    if (!found_another) log::warn("stipend-host ended; it is started again", {{"status", status}, {"in_s", host_pause_ms_ / 1000}});
    host_restart_at_ = now() + host_pause_ms_;
  }

  std::int64_t next_wait_ms() const {
    if (ending_since_ >= 0 || host_restart_at_ >= 0) return 200;
    return std::min<std::int64_t>(jump_ ? jump_->next_wait_ms() : 60'000, certificates_.next_wait_ms());
  }
  std::int64_t now() const { return clock_.monotonic_ms(); }

  const Paths& paths_;
  const Config& config_;
  const KeeperHooks& hooks_;
  CertificateKeeper certificates_;
  const bool had_terminal_ = has_terminal();
  base::SystemClock clock_;
  User user_;
  ServerSockets sockets_;
  std::string listen_;
  std::shared_ptr<net::TlsContext> tls_;
  std::unique_ptr<JumpHost> jump_;
  sigset_t old_mask_{};
  int signals_ = -1, ready_read_ = -1;
  pid_t server_ = -1, host_ = -1, helper_ = -1;
  int server_status_ = 0;
  std::int64_t ending_since_ = -1, host_restart_at_ = -1, host_pause_ms_ = kHostRestartPauseMs;
  int host_starts_ = 0;
  bool host_refused_ = false;
};

}  // namespace

std::string host_socket_of(const Paths& paths) { return hostlink::host_socket(paths.state); }

int keep(const Paths& paths, const Config& config, const KeeperHooks& hooks) { return Keeper(paths, config, hooks).run(); }

}  // namespace stipend::app
