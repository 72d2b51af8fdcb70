// What `stipend` (unprivileged, talks to the world) and `stipend-host` (privileged) say to each other over
// one Unix SOCK_SEQPACKET socket; codec.hpp turns each into one packet. The server is the side that may be
// taken over, so a Request carries only ids of fixed grammar, enums and bounded numbers: no path, no name
// of an interface, no configuration text. The three opaque texts (keys, user data, token) end in files of
// the guest and nowhere else.
//
// Times: `deadline_mono_ms` is CLOCK_MONOTONIC of this host, which both sides share; a packet that waited
// in a queue is then late instead of starting a machine late. Leases are durations of run, never instants.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "base/ids.hpp"
#include "base/time.hpp"

namespace stipend::hostlink {

inline constexpr int kVersion = 1;        // what this build speaks
inline constexpr int kOldestVersion = 1;  // kVersion - 1 once there is a second one: upgrades stop no machine
inline constexpr std::size_t kMaxRequestBytes = 64 * 1024;
inline constexpr std::size_t kMaxEventBytes = 128 * 1024;  // console text comes from the trusted side
inline constexpr std::size_t kMaxExpected = 500;           // keys in one Resync
inline constexpr std::int64_t kMaxRunSeconds = 10LL * 366 * 86'400;

struct RunKey {
  base::InstanceId instance;
  std::int64_t generation = 0;
  auto operator<=>(const RunKey&) const = default;
};

struct Lease {
  std::int64_t seq = 0;
  base::RunSeconds run_max;
  bool operator==(const Lease&) const = default;
};

// The same words as compute::Cause and compute::Phase; on the wire as these names without the k, lower-case.
enum class Cause : std::uint8_t {
  kNone,
  kPerson,
  kTeacher,
  kCredit,
  kIdle,
  kSchedule,
  kFault,
  kGuest,
  kStartFailed,
  kHostDisk  // the host stops it, because its own disk is almost full
};
enum class Phase : std::uint8_t { kAbsent, kStarting, kRunning, kStopping, kEnded };

// ---- from the server ----
struct Hello {
  int version = kVersion;
  std::int64_t epoch = 0;
};
struct Start {
  RunKey key;
  std::int64_t epoch = 0;
  base::ImageId image;
  base::DiskId disk;
  base::DiskId home, course;  // empty: none
  std::int64_t home_gib = 0, course_gib = 0;
  bool course_writable = false;
  base::DiskId root_source;   // copied from, where there is no disk yet; empty, also when absent: made new
  std::int64_t root_gib = 8, vcpus = 1, memory_mib = 512;
  std::int64_t cpu_milli = 0;  // guaranteed thousandths of a CPU; 0, also when absent: the host's own even part
  std::string private_address, public_address;  // dotted quads
  std::string hostname;
  std::string authorized_keys, user_data, jupyter_token;
  Lease lease;
  std::int64_t deadline_mono_ms = 0;  // init runs before this, or the start is refused for good
  std::string request_id;             // of the call it came from, for logs; may be empty
};
struct Renew {
  RunKey key;
  std::int64_t epoch = 0;
  Lease lease;
};
struct Stop {
  RunKey key;
  std::int64_t epoch = 0;
  Cause cause = Cause::kPerson;
  bool force = false;
  std::string request_id = {};
};
struct Reboot {
  RunKey key;
  std::int64_t epoch = 0;
  std::string request_id = {};
};
struct Acknowledge {  // the charge of this ended run is committed
  RunKey key;
  std::int64_t epoch = 0;
};
struct DeleteDisk {
  base::DiskId disk;
  std::int64_t epoch = 0;
  std::int64_t request = 0;
};
struct SnapshotDisk {  // -> Done once `to` is a whole copy of the disk; its message is the MiB that it occupies, in digits
  base::DiskId from, to;
  std::int64_t epoch = 0;
  std::int64_t request = 0;
};
struct SetPublicAddress {  // -> Done
  RunKey key;
  std::int64_t epoch = 0;
  std::string address;  // dotted quad
  std::int64_t request = 0;
};
struct ReadConsole {
  base::InstanceId instance;
  std::int64_t request = 0;
};
struct OpenFiles {  // -> Done once the disk's file worker listens at files_socket(); starts one if there is none
  base::DiskId disk;
  base::ImageId image;  // of a root disk; empty: the disk is a file system of its own
  std::string copy;     // the date of a copy of it; empty: the disk itself
  std::int64_t course_gib = 0;  // > 0: a course's folder of that size, which machines may have at the same time
  std::int64_t epoch = 0;
  std::int64_t request = 0;
};
struct CopyDisk {  // -> Done once there is a copy of that date, or nothing had changed
  base::DiskId disk;
  std::string date;
  std::int64_t keep = 7;  // copies; older ones go
  std::int64_t epoch = 0;
  std::int64_t request = 0;
};
struct ListCopies {  // -> Console, a date a line
  base::DiskId disk;
  std::int64_t request = 0;
};
struct Resync {  // may come in several packets; the host answers after the one with `last`
  std::vector<RunKey> expected;
  bool last = true;
};
using Request =
    std::variant<Hello, Start, Renew, Stop, Reboot, Acknowledge, DeleteDisk, ReadConsole, Resync, OpenFiles, CopyDisk, ListCopies, SnapshotDisk,
                 SetPublicAddress>;

// ---- from the host ----
struct Welcome {
  int version = kVersion;
  base::HostId host;
  std::string boot_id;
  std::string private_cidr, public_cidr;
  std::int64_t epoch = 0;  // the highest it has seen
};
struct Report {  // as compute::Report
  RunKey key;
  Phase phase = Phase::kAbsent;
  base::RunSeconds ran;
  std::int64_t lease_seq = 0;
  Cause cause = Cause::kNone;
  bool halted_by_us = false;
  bool known_to_end = true;
  base::HostId host;
  std::string boot_id;
  std::string detail;
  bool operator==(const Report&) const = default;
};
struct Done {  // of a DeleteDisk, or of a ReadConsole that failed
  std::int64_t request = 0;
  bool ok = true;
  std::string code, message;
};
struct Console {
  std::int64_t request = 0;
  std::string text;
};
struct Room {
  std::int64_t cpus = 0, memory_mib = 0, disk_free_mib = 0;
  std::int64_t disk_total_mib = 0;  // 0, also when absent: not told
};
// What the host saw inside a machine. Said again after each resync: a higher count is a new one.
enum class NoticeKind : std::uint8_t { kMemoryFull, kDiskFilling, kHomeFilling };
struct Notice {
  RunKey key;
  NoticeKind kind = NoticeKind::kMemoryFull;
  std::int64_t count = 1;     // of this run
  bool over = false;          // a disk that has room again
  std::int64_t memory_mib = 0;  // the limit that was reached
  std::int64_t percent = 0, used_mib = 0, size_mib = 0;  // of the disk
};
// How full a course's folder is, of which no single machine is the owner: said when it changes, and after each resync.
struct FolderUse {
  base::DiskId disk;
  std::int64_t percent = 0, used_mib = 0, size_mib = 0;
};
struct Fenced {  // the packet was ignored: a newer server has spoken
  std::int64_t epoch = 0;
};
using Event = std::variant<Welcome, Report, Done, Console, Room, Fenced, Notice, FolderUse>;

}  // namespace stipend::hostlink
