// The files of disks that no machine has: a sandboxed process for each disk that somebody looks at (src/files).
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <iterator>

#include "base/log.hpp"
#include "host/cgroup.hpp"
#include "host/course_folder.hpp"
#include "host/daemon.hpp"
#include "hostlink/file_messages.hpp"
#include "hostlink/names.hpp"

namespace stipend::host {
namespace {

namespace log = base::log;

constexpr std::int64_t kReadyWithinMs = 25'000;  // the last user of the disk may still be writing it out
constexpr std::size_t kMaxFileWorkers = 64, kMaxSaid = 2'048;
constexpr const char* kProgram = "stipend-files";
constexpr std::int64_t kEmptiedWithinMs = 5'000;
constexpr std::int64_t kReleasedWithinMs = 30'000;
constexpr std::int64_t kLeavesWithinMs = 10'000;
constexpr const char* kCopying = "A copy of this disk is being made. Try again in a moment.";

}  // namespace

void Daemon::answer(int client, std::int64_t request, bool ok, std::string code, std::string message) {
  for (auto& one : clients_)
    if (one.socket.get() == client) say(one, hostlink::Done{request, ok, code, message});
}

void Daemon::answer_files(FileWorker& worker, bool ok, const std::string& code, const std::string& message) {
  for (const auto& [client, request] : std::exchange(worker.asked, {})) answer(client, request, ok, code, message);
}

void Daemon::handle(Client& client, const hostlink::OpenFiles& m) {
  const auto answer = [&](bool ok, std::string code, std::string message) {
    say(client, hostlink::Done{m.request, ok, std::move(code), std::move(message)});
  };
  if (!admit(client, m.epoch)) return answer(false, "Fenced", "a newer server has taken over");
  if (m.copy.empty()) {
    for (const auto& [id, machine] : machines_)
      if (machine.disk == m.disk || machine.home == m.disk) return answer(false, "VolumeInUse", "The machine is running: its files are in Jupyter, or stop it first.");
    for (const auto& job : copy_jobs_)
      if (job.disk == m.disk) return answer(false, "FilesBusy", kCopying);
  }
  const auto at = std::ranges::find_if(file_workers_, [&](const FileWorker& w) { return w.disk == m.disk && w.copy == m.copy; });
  if (at != file_workers_.end()) {
    if (!at->copies.empty()) return answer(false, "FilesBusy", kCopying);
    if (at->ending) return answer(false, "FilesBusy", "The disk was in use a moment ago. Try again.");
    if (!at->child) return at->late.emplace_back(client.socket.get(), m), void();  // it has just ended: another one comes
    at->asked.emplace_back(client.socket.get(), m.request);
    if (at->ready) answer_files(*at, true, {}, {});
    return;
  }
  if (file_workers_.size() >= kMaxFileWorkers)
    return answer(false, "FilesBusy", "The files of too many machines are open at once. Try again in half a minute.");
  FileWorker worker;
  worker.disk = m.disk;
  worker.copy = m.copy;
  worker.course = m.course_gib > 0;
  worker.asked.emplace_back(client.socket.get(), m.request);
  if (auto started = start_file_worker(m, worker); !started) {
    log::error("a file worker could not be started", {{"disk", m.disk.str()}, {"error", started.error().message}});
    return answer(false, "InternalError", "The files could not be opened. Tell the operator of this server.");
  }
  file_workers_.push_back(std::move(worker));
}

base::Status Daemon::start_file_worker(const hostlink::OpenFiles& m, FileWorker& worker) {
  TRY_ASSIGN(const std::string program, sibling_program(kProgram));
  TRY_ASSIGN(const IdRange ids, acquire_ids(names_, stand_in(m.disk, m.copy)));
  TRY_ASSIGN(const Fd listener, listen_stream_at(hostlink::files_socket(names_.runtime, m.disk.view(), m.copy), options_.server_uid));
  TRY_ASSIGN(auto ends, packet_pair());
  worker.control = std::move(ends.first);
  std::vector<std::string> arguments = {"--state", names_.state, "--images", names_.images, "--disk", m.disk.str(),
                                        "--slot", std::to_string(ids.slot), "--parent", std::to_string(getpid())};
  if (!m.copy.empty()) arguments.insert(arguments.end(), {"--copy", m.copy});
  if (m.course_gib > 0) arguments.insert(arguments.end(), {"--course-gib", std::to_string(m.course_gib)});
  if (!m.image.empty()) arguments.insert(arguments.end(), {"--image", m.image.str()});
  TRY_ASSIGN(worker.child, spawn_program(program, arguments, {ends.second.get(), listener.get()}, STDERR_FILENO));
  worker.ready_by_ms = monotonic_ms() + kReadyWithinMs;
  return {};
}

bool Daemon::end_file_worker(const base::DiskId& disk) {
  const auto at = std::ranges::find_if(file_workers_, [&](const FileWorker& w) { return w.disk == disk && w.copy.empty(); });
  if (at == file_workers_.end()) return false;
  kill_child(at->child);
  at->ending = true;
  return true;
}

void Daemon::ask_to_leave(FileWorker& worker) {
  if (!worker.ready || worker.ending || worker.leaves_by_ms != 0) return;
  worker.leaves_by_ms = monotonic_ms() + kLeavesWithinMs;
  if (send_packet(worker.control, std::string(hostlink::kFilesRetire)) == Sent::kFull) refuse_copies(worker, "its files are being read");
}

void Daemon::refuse_copies(FileWorker& worker, const std::string& why) {
  worker.leaves_by_ms = 0;
  for (const auto& [client, copy] : std::exchange(worker.copies, {}))
    answer(client, std::visit([](const auto& m) { return m.request; }, copy), false, "TransferRunning",
           "The files of this disk are in use: " + why + ". It can be copied once that has ended.");
}

void Daemon::hear_file_worker(FileWorker& worker) {
  auto packet = receive_packet(worker.control, kMaxSaid);
  if (packet && !*packet) return;
  const std::string said = packet ? **packet : std::string();
  if (worker.ready) {
    if (!packet) return worker.control.reset();
    if (said.starts_with(hostlink::kFilesBusy)) refuse_copies(worker, said.substr(hostlink::kFilesBusy.size()));
    return;
  }
  if (said == hostlink::kFilesReady && !worker.ending) {
    worker.ready = true;
    answer_files(worker, true, {}, {});
    if (!worker.copies.empty()) ask_to_leave(worker);
    return;
  }
  worker.control.reset();
  if (worker.ending) return answer_files(worker, false, "VolumeInUse", "The machine is starting: its files will be in Jupyter.");
  const auto line = said.find('\n');
  const bool told = line != std::string::npos && line + 1 < said.size();
  log::warn("files could not be opened", {{"disk", worker.disk.str()}, {"error", told ? said.substr(line + 1) : "it ended"}});
  answer_files(worker, false, told ? said.substr(0, std::min<std::size_t>(line, 64)) : "InternalError",
               told ? said.substr(line + 1) : "The files could not be opened. Tell the operator of this server.");
}

void Daemon::look_at_file_workers(std::int64_t now) {
  for (auto& worker : file_workers_) {
    if (worker.control) hear_file_worker(worker);
    if (!worker.ready && worker.control && now > worker.ready_by_ms) kill_child(worker.child);
    if (worker.leaves_by_ms != 0 && now > worker.leaves_by_ms) refuse_copies(worker, "they are being read");
    int status = 0;
    reap(worker.child, status);
    if (worker.releaser && now > worker.releaser.deadline_ms) kill_child(worker.releaser);
    if (reap(worker.releaser, status)) {
      worker.course = false;
      if (status != 0) log::warn("a course's folder stays mounted", {{"disk", worker.disk.str()}});
    } else if (worker.course && !worker.child && !worker.control && !worker.releaser) {
      if (auto child = fork_child([&] { return release_course_folder(names_, stand_in(worker.disk)) ? 0 : 1; })) {
        worker.releaser = *std::move(child);
        worker.releaser.deadline_ms = now + kReleasedWithinMs;
      }
    }
  }
  std::vector<std::pair<int, CopyWish>> copies;
  std::vector<std::pair<int, hostlink::OpenFiles>> late;
  std::erase_if(file_workers_, [&](FileWorker& worker) {
    if (worker.child || worker.control || worker.course) return false;
    const auto group = remove_file_worker(names_, hostlink::files_name(worker.disk.view(), worker.copy));
    if (worker.forgotten_by_ms == 0) worker.forgotten_by_ms = now + kEmptiedWithinMs;
    if (!group && now < worker.forgotten_by_ms) return false;
    if (!group) log::warn("a file worker's control group stays", {{"error", group.error().message}});
    (void)::unlink(hostlink::files_socket(names_.runtime, worker.disk.view(), worker.copy).c_str());
    (void)release_ids(names_, stand_in(worker.disk, worker.copy));
    std::ranges::move(worker.copies, std::back_inserter(copies));
    std::ranges::move(worker.late, std::back_inserter(late));
    return true;
  });
  for (const auto& [client, copy] : copies) begin_copy(client, copy);
  for (const auto& [socket, open] : late)
    for (auto& client : clients_)
      if (client.socket.get() == socket) handle(client, open);
}

}  // namespace stipend::host
