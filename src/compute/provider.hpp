// Provider: what runs machines. The contract between control (which owns money and intent) and the thing
// that makes it so: `lxc` (this host), `fake` (tests), later `incus` and `ec2`. Every provider passes the
// same contract suite (provider_contract.hpp).
//
// - Level-triggered. Every call is an idempotent wish, keyed by (instance, generation); it returns at once and
//   never blocks. What became of it arrives as Report through the ReportSink, from any thread, possibly twice,
//   possibly late. resync() makes the provider report everything it knows.
// - A generation is one run: each start takes the next number. Once a generation has ended, or was refused,
//   the provider remembers (a tombstone) and can never start it again; a start for an older generation is refused.
// - Money comes first: control commits the hold before it sends a lease. A lease is a duration of run
//   (counted from the moment init runs), never an instant; a lost message therefore only stops a machine early.
//   A lower or equal `seq` than the newest is ignored. Shortening is a lease with a higher seq and a smaller
//   run_max; until a report carries that seq the money stays held.
// - The provider ends a machine inside its lease by itself, with the server gone: warn at end-600 s, hook at
//   end-H-G, halt at end-G, freeze and kill at end (H <= 30 s, G = 5 s). Nothing cancels after halt began.
// - A final report (phase kEnded) is repeated until acknowledge() says that its charge is committed.
// - Calls carry the store's epoch; a provider refuses calls of a lower epoch than it has seen.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/ids.hpp"
#include "base/result.hpp"
#include "base/time.hpp"

namespace stipend::compute {

using base::RunSeconds;

struct RunKey {
  base::InstanceId instance;
  std::int64_t generation = 0;  // 1 is the first start
  auto operator<=>(const RunKey&) const = default;
};

struct Size {
  std::int64_t vcpus = 1;       // the cap, and what the machine sees
  std::int64_t memory_mib = 512;
  std::int64_t cpu_milli = 0;   // thousandths of a CPU it gets however busy the others are; 0: its even part
};

struct Lease {
  std::int64_t seq = 0;
  RunSeconds run_max;
};

// Why a machine stops or stopped. Only kGuest (init ended by itself) obeys InstanceInitiatedShutdownBehavior.
enum class Cause : std::uint8_t { kNone, kPerson, kTeacher, kCredit, kIdle, kSchedule, kFault, kGuest, kStartFailed, kHostDisk };

enum class Phase : std::uint8_t {
  kAbsent,    // the provider knows nothing of this run
  kStarting,  // disk and mounts are being made; nothing runs, nothing costs
  kRunning,   // init runs; `ran` counts
  kStopping,  // hook or halt under way
  kEnded,     // final: nothing runs, `ran` is what it ran in all
};

struct StartSpec {
  RunKey key;
  std::int64_t epoch = 0;
  base::ImageId image;
  base::DiskId root_disk;
  std::int64_t root_gib = 8;
  base::DiskId root_source;         // a snapshot: where there is no root disk yet it becomes a copy of it; empty: made new
  base::DiskId home_disk;           // seen as the login's home, filled from the image at its first use; empty: none
  std::int64_t home_gib = 0;
  base::DiskId course_disk;         // seen as /course, by many machines at once; empty: none. What is wrong with it
  std::int64_t course_gib = 0;      // keeps no machine from starting
  bool course_writable = false;
  Size size;
  std::string private_address;      // dotted quads out of address_ranges()
  std::string public_address;
  std::string hostname;
  std::string authorized_keys;      // OpenSSH lines or empty
  std::string user_data;            // raw bytes, <= 16 KiB; run once for each instance
  std::string jupyter_token;        // random for each run
  Lease lease;
  std::int64_t start_within_ms = 30'000;  // later than this the start is refused, not late
  std::string request_id;           // of the call it came from, for logs; empty when repeated later
};

struct Report {
  RunKey key;
  Phase phase = Phase::kAbsent;
  RunSeconds ran;                   // whole seconds since init runs (kRunning: so far; floor)
  std::int64_t lease_seq = 0;       // newest lease the enforcer holds
  Cause cause = Cause::kNone;       // of stopping or ending
  bool halted_by_us = false;        // the supervisor signalled first: never "instance-initiated"
  bool known_to_end = true;         // false: the enforcer vanished; `ran` is the last record (fault, not charged past it)
  base::HostId host;
  std::string boot_id;              // of the host's boot the run belongs to
  std::string detail;               // one sentence for the person when a start failed
};

struct StopWish {
  Cause cause = Cause::kPerson;
  bool force = false;               // no hook, no clean halt
  std::string request_id = {};      // as StartSpec's
};

struct AddressRanges {
  std::string private_cidr, public_cidr;  // "10.97.16.0/20"; the first address of the private one is the gateway's
};

struct HostRoom {
  base::HostId host;
  std::string boot_id;
  std::int64_t cpus = 0, memory_mib = 0, disk_free_mib = 0;
  std::int64_t disk_total_mib = 0;  // of the file system of the disks; 0: not told
};

// What the host saw inside a machine and its person should know. Comes from any thread, possibly twice or late: `count`
// grows with each new one of its kind within a run. `over`: a disk that was filling has room again. kHomeFilling: the home
// that is a disk of its own.
enum class NoticeKind : std::uint8_t { kMemoryFull, kDiskFilling, kHomeFilling };
struct Notice {
  RunKey key;
  NoticeKind kind = NoticeKind::kMemoryFull;
  std::int64_t count = 1;
  bool over = false;
  std::int64_t memory_mib = 0;
  std::int64_t percent = 0, used_mib = 0, size_mib = 0;
};

// How full a course's folder is. Said when that changes, and again after a resync; of no run.
struct FolderUse {
  base::DiskId disk;
  std::int64_t percent = 0, used_mib = 0, size_mib = 0;
};

using ReportSink = std::function<void(Report)>;
using NoticeSink = std::function<void(Notice)>;
using FolderSink = std::function<void(FolderUse)>;
using TextSink = std::function<void(base::Result<std::string>)>;
using DoneSink = std::function<void(base::Status)>;
using SizeSink = std::function<void(base::Result<std::int64_t>)>;

class Provider {
 public:
  virtual ~Provider() = default;

  // Connects (again and again, with back-off, for ever) and takes over what already runs. Called once.
  virtual void open(std::int64_t epoch, ReportSink sink) = 0;
  // Before open(); a provider that sees nothing inside its machines never calls it.
  virtual void on_notices(NoticeSink) {}
  virtual void on_folder_use(FolderSink) {}

  virtual void start(StartSpec spec) = 0;
  virtual void renew(RunKey key, std::int64_t epoch, Lease lease) = 0;
  virtual void stop(RunKey key, std::int64_t epoch, StopWish wish) = 0;
  virtual void reboot(RunKey key, std::int64_t epoch, std::string request_id) = 0;
  virtual void acknowledge(RunKey key, std::int64_t epoch) = 0;

  // The disk and all of its bytes; refused while a run uses it. One disk is root or home of one run at a time: a start
  // that would break this fails. `done` is called exactly once, from any thread.
  virtual void delete_disk(base::DiskId disk, std::int64_t epoch, DoneSink done) = 0;
  // Makes `to` a copy of the disk as it is at one instant, also while a run uses it; answers the MiB that the copy occupies. An
  // unfinished one is no disk. Once it is there, asked again, the same answer. kConflict: not now, ask again; else it
  // cannot be: `to` never will be there. `done` once, from any thread, perhaps minutes later.
  virtual void snapshot_disk(base::DiskId from, base::DiskId to, std::int64_t epoch, SizeSink done) = 0;
  // The run is reached at this public address from now on and not at the one before; nothing that runs notices. Again: the
  // same. kConflict: it does not run now.
  virtual void set_public_address(RunKey key, std::int64_t epoch, std::string address, DoneSink done) = 0;
  // Newest bytes of the machine's console, at most 64 KiB, also after its end.
  virtual void console_output(base::InstanceId instance, TextSink done) = 0;
  // Reports every run the provider knows, then a kAbsent for each key of `expected` it does not know.
  virtual void resync(std::vector<RunKey> expected) = 0;

  virtual base::Result<AddressRanges> address_ranges() = 0;  // valid after open() first connected
  virtual base::Result<HostRoom> room() = 0;
};

}  // namespace stipend::compute
