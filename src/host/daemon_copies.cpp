// Copies of disks, nightly ones and snapshots, taken by children; a machine's start or end comes before them.
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>

#include "base/log.hpp"
#include "host/copies.hpp"
#include "host/daemon.hpp"
#include "host/disk.hpp"
#include "host/disk_copy.hpp"
#include "host/snapshots.hpp"

namespace stipend::host {
namespace {

constexpr std::int64_t kCopyWithinMs = 30 * 60'000;  // written out, not shared, a large one takes its time
constexpr std::size_t kMaxCopyJobs = 2;
constexpr int kEndsWithinMs = 60'000;

std::int64_t request_of(const auto& wish) {
  return std::visit([](const auto& m) { return m.request; }, wish);
}

}  // namespace

void Daemon::handle(Client& client, const hostlink::CopyDisk& m) {
  const int socket = client.socket.get();
  if (!admit(client, m.epoch)) return answer(socket, m.request, false, "Fenced", "a newer server has taken over");
  want_copy(socket, m.disk, m);
}

void Daemon::handle(Client& client, const hostlink::SnapshotDisk& m) {
  const int socket = client.socket.get();
  if (!admit(client, m.epoch)) return answer(socket, m.request, false, "Fenced", "a newer server has taken over");
  for (const auto& job : disk_jobs_)
    if (job.disk == m.from || job.disk == m.to) return answer(socket, m.request, false, "VolumeInUse", "the disk is being deleted");
  if (disk_exists(names_, m.to)) {
    const auto mib = occupied_mib(names_, m.to);
    if (!mib) return answer(socket, m.request, false, mib.error().code, mib.error().message);
    return answer(socket, m.request, true, {}, std::to_string(*mib));
  }
  if (!disk_exists(names_, m.from))
    return answer(socket, m.request, false, "InvalidVolume.NotFound", m.from.str() + " has no file on this host");
  want_copy(socket, m.from, m);
}

// Who only looked at the files a moment ago gives way; a transfer is not ended for a copy.
void Daemon::want_copy(int client, const base::DiskId& disk, const CopyWish& wish) {
  for (auto& worker : file_workers_)
    if (worker.disk == disk && worker.copy.empty()) {
      worker.copies.emplace_back(client, wish);
      return ask_to_leave(worker);
    }
  begin_copy(client, wish);
}

void Daemon::begin_copy(int client, const CopyWish& wish) {
  const auto* night = std::get_if<hostlink::CopyDisk>(&wish);
  const auto* snapshot = std::get_if<hostlink::SnapshotDisk>(&wish);
  const std::int64_t request = request_of(wish);
  const base::DiskId disk = night ? night->disk : snapshot->from, to = snapshot ? snapshot->to : base::DiskId{};
  for (auto& job : copy_jobs_) {
    if (job.disk == disk && job.snapshot == to) return job.asked.emplace_back(client, request), void();
    if (job.disk == disk || (snapshot && job.snapshot == to))
      return answer(client, request, false, "VolumeInUse", "another copy of this disk is being made; try again");
  }
  for (const auto& [id, machine] : machines_)
    if (snapshot && (machine.disk == disk || machine.home == disk) &&
        (machine.status.lease.stage != Stage::kRunning || machine.stop || machine.ending || machine.adopt_until_ms != 0))
      return answer(client, request, false, "VolumeInUse", "its machine is starting or ending; try again");
  if (copy_jobs_.size() >= kMaxCopyJobs)
    return answer(client, request, false, "RequestLimitExceeded", "too many disks are being copied; try again");
  DiskJob job{.disk = disk, .snapshot = to, .child = {}, .said = {}, .asked = {{client, request}},
              .ended = {base::Fault::kConflict, "VolumeInUse", "the copying was ended for something that comes first; try again"}};
  const auto begun = begin_disk_job(copy_jobs_, std::move(job), kCopyWithinMs, [&]() -> base::Result<std::string> {
    if (night) {
      TRY(take_copy(names_, night->disk, night->date, night->keep));
      return std::string();
    }
    TRY_ASSIGN(const auto mib, take_snapshot(names_, disk, to));
    return std::to_string(mib);
  });
  if (!begun) answer(client, request, false, begun.error().code, begun.error().message);
}

void Daemon::handle(Client& client, const hostlink::ListCopies& m) {
  const auto dates = list_copies(names_, m.disk);
  if (!dates) return say(client, hostlink::Done{m.request, false, dates.error().code, dates.error().message});
  std::string text;
  for (const auto& date : *dates) text += date + "\n";
  say(client, hostlink::Console{m.request, text});
}

void Daemon::end_copying(const base::DiskId& disk) {
  if (disk.empty()) return;
  for (auto& job : copy_jobs_)
    if (job.disk == disk || job.snapshot == disk) kill_child(job.child);
}

void Daemon::end_copying(const Machine& machine) {
  end_copying(machine.disk);
  end_copying(machine.home);
}

// One that was killed may still be inside the call that gives its copy the name.
void Daemon::await_end_of_copying(const base::DiskId& disk) const {
  for (const auto& job : copy_jobs_) {
    if ((job.disk != disk && job.snapshot != disk) || !job.child.pidfd) continue;
    pollfd p{job.child.pidfd.get(), POLLIN, 0};
    ::poll(&p, 1, kEndsWithinMs);
  }
}

void Daemon::reap_copy_jobs(std::int64_t now) {
  for (auto& job : copy_jobs_) {
    if (now > job.child.deadline_ms) {
      job.ended = {base::Fault::kUnavailable, "CopyTookTooLong",
                   "the disk could not be copied within half an hour; is this computer overloaded?"};
      kill_child(job.child);
    }
    int status = 0;
    if (!reap(job.child, status)) continue;
    thaw_disk(names_, job.disk);  // a child that was killed may have left it frozen
    if (job.snapshot.empty()) drop_unfinished_copy(names_, job.disk);
    else drop_unfinished_snapshot(names_, job.snapshot);
    finish_disk_job(job, status);
  }
  std::erase_if(copy_jobs_, [](const DiskJob& job) { return !job.child; });
}

}  // namespace stipend::host
