#include "host/machines_test/harness.hpp"

#include <arpa/inet.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <iostream>
#include <sstream>

#include "host/cgroup.hpp"
#include "host/files.hpp"
#include "host/packet.hpp"
#include "host/spawn.hpp"
#include "hostlink/codec.hpp"

namespace stipend::host {

namespace fs = std::filesystem;

MachinesUnderTest g_under_test;

RunKey key_of(int n, std::int64_t generation) {
  return {*base::InstanceId::parse("i-0000000000000000" + std::to_string(n)), generation};
}

base::DiskId disk_of(int n) {
  return *base::DiskId::parse("vol-0000000000000000" + std::to_string(n));
}

void Machines::SetUp() {
  char folder[] = "/tmp/stipend-machines-XXXXXX";
  ASSERT_NE(mkdtemp(folder), nullptr);
  state_ = folder;
  names_ = Names::of(state_, g_under_test.images);
  start_host();
}

void Machines::TearDown() {
  if (HasFailure()) print_logs();
  stop_host(SIGKILL);
  EXPECT_EQ(run({g_under_test.program, "down", "--state", state_, "--images", g_under_test.images}), 0);
  expect_nothing_left();
  fs::remove_all(state_);
}

int Machines::run(const std::vector<std::string>& words) {
  const pid_t pid = begin(words);
  int status = 1;
  waitpid(pid, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

pid_t Machines::begin(const std::vector<std::string>& words) {
  const pid_t pid = fork();
  if (pid != 0) return pid;
  std::vector<char*> argv;
  for (const auto& w : words) argv.push_back(const_cast<char*>(w.c_str()));
  argv.push_back(nullptr);
  execv(argv[0], argv.data());
  _exit(127);
}

void Machines::start_host(const std::string& boot_id) {
  std::vector<std::string> words = {g_under_test.program, "serve", "--state", state_, "--images",
                                    g_under_test.images,  "--uid", "0"};
  if (!boot_id.empty()) words.insert(words.end(), {"--boot-id", boot_id});
  words_ = words;
  daemon_ = begin(words_);
  connect_host();
}

void Machines::stop_host(int signal) {
  if (daemon_ <= 0) return;
  kill(daemon_, signal);
  waitpid(daemon_, nullptr, 0);
  daemon_ = 0;
}

void Machines::connect_host() {
  welcome_.reset();
  const std::int64_t until = monotonic_ms() + 60'000;
  while (monotonic_ms() < until) {
    // Its keeper would start it again when a busy host fails it.
    if (waitpid(daemon_, nullptr, WNOHANG) == daemon_) daemon_ = begin(words_);
    auto socket = connect_to(names_.runtime + "/host.sock");
    if (socket) {
      socket_ = *std::move(socket);
      ask(hostlink::Hello{.epoch = epoch_});
      if (wait(2'000, [&] { return welcome_.has_value(); })) return;
    }
    usleep(20'000);
  }
  FAIL() << "stipend-host does not answer";
}

void Machines::ask(const hostlink::Request& request) {
  send_packet(socket_, hostlink::encode(request));
}

bool Machines::wait(std::int64_t ms, const std::function<bool()>& done) {
  const std::int64_t until = monotonic_ms() + ms;
  for (;;) {
    if (done()) return true;
    const std::int64_t left = until - monotonic_ms();
    if (left <= 0) return false;
    pollfd p{socket_.get(), POLLIN, 0};
    poll(&p, 1, static_cast<int>(std::min<std::int64_t>(left, 50)));
    for (;;) {
      auto packet = receive_packet(socket_, hostlink::kMaxEventBytes);
      if (!packet || !*packet) break;
      auto event = hostlink::decode_event(**packet);
      EXPECT_TRUE(event.has_value()) << "an event cannot be read";
      if (!event) return false;
      note(*event);
    }
  }
}

void Machines::note(const hostlink::Event& event) {
  if (const auto* m = std::get_if<hostlink::Welcome>(&event)) welcome_ = *m;
  if (const auto* m = std::get_if<Report>(&event)) {
    auto& last = reports_[m->key];
    if (last.phase != m->phase) {
      at_[{m->key, m->phase}] = monotonic_ms();
      history_[m->key] += std::string(hostlink::to_word(m->phase)) + " ";
    }
    last = *m;
  }
  if (const auto* m = std::get_if<hostlink::Done>(&event)) done_[m->request] = *m;
  if (const auto* m = std::get_if<hostlink::Console>(&event)) consoles_[m->request] = m->text;
  if (const auto* m = std::get_if<hostlink::Fenced>(&event)) fenced_ = m->epoch;
}

hostlink::Start Machines::start_of(int n, std::int64_t run_max_s, std::int64_t generation) const {
  hostlink::Start m;
  m.key = key_of(n, generation);
  m.epoch = epoch_;
  m.image = g_under_test.image;
  m.disk = disk_of(n);
  m.root_gib = 1;
  m.home = *base::DiskId::parse("vol-000000000000000a" + std::to_string(n));  // each with a home, and all with one folder
  m.course = *base::DiskId::parse("vol-00000000000000c00");
  m.home_gib = m.course_gib = 1;
  m.memory_mib = 256;
  const auto ip = [&](const std::string& cidr) {
    return cidr.substr(0, cidr.rfind('.')) + "." + std::to_string(10 + n);
  };
  m.private_address = ip(welcome_->private_cidr);
  m.public_address = ip(welcome_->public_cidr);
  m.hostname = "machine-" + std::to_string(n);
  m.jupyter_token = "0123456789abcdef0123456789abcdef";
  m.lease = {1, {run_max_s}};
  m.deadline_mono_ms = monotonic_ms() + 30'000;
  return m;
}

void Machines::start(int n, std::int64_t run_max_s, std::int64_t generation) {
  ask(start_of(n, run_max_s, generation));
}

bool Machines::wait_phase(int n, Phase phase, std::int64_t ms, std::int64_t generation) {
  return wait(std::max<std::int64_t>(ms, 120'000),
              [&] { return reports_[key_of(n, generation)].phase == phase; });
}

Report& Machines::report(int n, std::int64_t generation) {
  return reports_[key_of(n, generation)];
}

SupervisorStatus Machines::status(int n) {
  const auto text = read_file(RunPaths::of(names_, key_of(n)).status);
  return text ? decode_status(*text).value_or(SupervisorStatus{}) : SupervisorStatus{};
}

bool Machines::alive(pid_t pid) {
  if (pid <= 0 || kill(pid, 0) != 0) return false;
  const auto stat = read_file("/proc/" + std::to_string(pid) + "/stat");
  return stat && stat->find(") Z") == std::string::npos;
}

std::string Machines::memory_of(pid_t pid) {
  std::istringstream lines(read_file("/proc/" + std::to_string(pid) + "/smaps_rollup").value_or(""));
  std::string all;
  for (std::string line; std::getline(lines, line);)
    if (line.starts_with("Rss") || line.starts_with("Private_Dirty") || line.starts_with("Locked"))
      all += line + "; ";
  return all;
}

std::string Machines::guest_file(pid_t init, const std::string& path) {
  return read_file("/proc/" + std::to_string(init) + "/root" + path).value_or("");
}

void Machines::put_guest_file(pid_t init, const std::string& path, const std::string& text) {
  // As the guest's root: host root has no mapping there.
  run({"/usr/bin/nsenter", "-t", std::to_string(init), "-U", "-m", "-S", "0", "-G", "0", "/bin/sh", "-c",
       "mkdir -p $(dirname " + path + "); printf '%s' '" + text + "' > " + path + "; chmod 755 " + path});
}

void Machines::in_guest(pid_t init, const std::string& command) {
  EXPECT_EQ(run({"/usr/bin/nsenter", "-t", std::to_string(init), "-a", "-S", "0", "-G", "0", "/bin/sh", "-c",
                 command}),
            0)
      << command;
}

bool Machines::reaches(const std::string& address, int port) {
  const Fd s(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(static_cast<std::uint16_t>(port));
  inet_pton(AF_INET, address.c_str(), &to.sin_addr);
  connect(s.get(), reinterpret_cast<const sockaddr*>(&to), sizeof to);
  pollfd p{s.get(), POLLOUT, 0};
  int error = 0;
  socklen_t size = sizeof error;
  return poll(&p, 1, 1'000) == 1 && getsockopt(s.get(), SOL_SOCKET, SO_ERROR, &error, &size) == 0 && error == 0;
}

const hostlink::Done& Machines::answer_to(std::int64_t request, std::int64_t ms) {
  EXPECT_TRUE(wait(ms, [&] { return done_.contains(request); })) << "no answer to " << request;
  return done_[request];
}

void Machines::switch_off(pid_t init, const std::string& how) {
  in_guest(init, "for i in $(seq 100); do systemctl --no-block " + how +
                     " 2>/dev/null && exit 0; sleep 0.1; done; exit 1");
}

int Machines::processes_named(pid_t init, const std::string& words) {
  int found = 0;
  const auto space = fs::read_symlink("/proc/" + std::to_string(init) + "/ns/pid");
  for (const auto& p : fs::directory_iterator("/proc")) {
    std::error_code none;
    if (fs::read_symlink(p.path() / "ns/pid", none) != space) continue;
    auto command = read_file(p.path() / "cmdline").value_or("");
    std::replace(command.begin(), command.end(), '\0', ' ');
    found += command.find(words) != std::string::npos;
  }
  return found;
}

std::int64_t Machines::ended_at(int n) {
  return at_[std::make_pair(key_of(n), Phase::kEnded)];
}

bool Machines::gone(int n) {
  const auto some = machine_has_processes(names_, key_of(n).instance);
  const auto mounts = read_file("/proc/" + std::to_string(daemon_) + "/mountinfo", 16 << 20).value_or("");
  return some && !*some && !mounts.contains(names_.machine_home(key_of(n).instance));
}

void Machines::print_logs() {
  for (const auto& folder : {names_.state + "/host/log"})
    for (const auto& entry : fs::directory_iterator(folder))
      std::cerr << "--- " << entry.path().filename() << "\n" << read_file(entry.path()).value_or("");
  std::error_code none;
  for (const auto& entry : fs::directory_iterator(names_.runtime + "/m", none))
    if (entry.path().extension() == ".lxc")
      std::cerr << "--- liblxc\n" << read_file(entry.path()).value_or("");
}

void Machines::expect_nothing_left() {
  EXPECT_FALSE(fs::exists(names_.runtime)) << names_.runtime;
  const auto mounts = read_file("/proc/self/mountinfo").value_or("");
  EXPECT_EQ(mounts.find(names_.hash), std::string::npos);
  EXPECT_EQ(read_file("/proc/net/dev").value_or("").find(names_.hash), std::string::npos);
  for (const auto& loop : fs::directory_iterator("/sys/block"))
    EXPECT_EQ(read_file(loop.path() / "loop/backing_file").value_or("").find(state_), std::string::npos)
        << loop.path();
  for (const auto& p : fs::directory_iterator("/proc")) {
    const auto command = read_file(p.path() / "cmdline").value_or("");
    EXPECT_EQ(command.find(state_), std::string::npos) << p.path() << " " << command;
  }
  EXPECT_TRUE(machines_with_groups(names_).empty());
}

}  // namespace stipend::host
