// Copies of disks, taken by children; a machine's start comes before them.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>

#include "base/log.hpp"
#include "host/copies.hpp"
#include "host/daemon.hpp"

namespace stipend::host {
namespace {

constexpr std::int64_t kCopyWithinMs = 30 * 60'000;  // written out, not shared, a large one takes its time
constexpr std::size_t kMaxCopyJobs = 2;

}  // namespace

void Daemon::handle(Client& client, const hostlink::CopyDisk& m) {
  const int socket = client.socket.get();
  if (!admit(client, m.epoch)) return answer(socket, m.request, false, "Fenced", "a newer server has taken over");
  // Who only looked at the files a moment ago gives way; a transfer is not ended for a copy.
  for (auto& worker : file_workers_)
    if (worker.disk == m.disk && worker.copy.empty()) {
      worker.copies.emplace_back(socket, m);
      return ask_to_leave(worker);
    }
  begin_copy(socket, m);
}

void Daemon::begin_copy(int client, const hostlink::CopyDisk& m) {
  for (auto& job : copy_jobs_)
    if (job.disk == m.disk) return job.asked.emplace_back(client, m.request), void();
  if (copy_jobs_.size() >= kMaxCopyJobs)
    return answer(client, m.request, false, "RequestLimitExceeded", "too many disks are being copied; try again");
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0) return answer(client, m.request, false, "SystemError", "the host is out of descriptors");
  DiskJob job{.disk = m.disk, .child = {}, .said = Fd(ends[0]), .asked = {{client, m.request}}};
  const Fd write_end(ends[1]);
  auto child = fork_child([&] {
    const auto taken = take_copy(names_, m.disk, m.date, m.keep);
    if (taken) return 0;
    const std::string text = taken.error().code + "\n" + taken.error().message;
    return ::write(write_end.get(), text.data(), text.size()) > 0 ? 1 : 2;
  });
  if (!child) return answer(client, m.request, false, "SystemError", child.error().message);
  job.child = *std::move(child);
  job.child.deadline_ms = monotonic_ms() + kCopyWithinMs;
  copy_jobs_.push_back(std::move(job));
}

void Daemon::handle(Client& client, const hostlink::ListCopies& m) {
  const auto dates = list_copies(names_, m.disk);
  if (!dates) return say(client, hostlink::Done{m.request, false, dates.error().code, dates.error().message});
  std::string text;
  for (const auto& date : *dates) text += date + "\n";
  say(client, hostlink::Console{m.request, text});
}

void Daemon::end_copying(const base::DiskId& disk) {
  for (auto& job : copy_jobs_)
    if (job.disk == disk) kill_child(job.child);
}

void Daemon::reap_copy_jobs(std::int64_t now) {
  for (auto& job : copy_jobs_) {
    if (now > job.child.deadline_ms) kill_child(job.child);
    int status = 0;
    if (!reap(job.child, status)) continue;
    thaw_disk(names_, job.disk);  // a child that was killed may have left it frozen
    drop_unfinished_copy(names_, job.disk);
    finish_disk_job(job, status);
  }
  std::erase_if(copy_jobs_, [](const DiskJob& job) { return !job.child; });
}

}  // namespace stipend::host
