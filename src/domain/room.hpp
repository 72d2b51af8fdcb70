// Room: whether machines fit on the host. Pure; decided in the same step as their money, before anything is charged.
//
// CPU: a machine's vCPUs are its cap; what it is guaranteed is a share of them: a burstable type's baseline as Amazon
// documents it, of any other type an even part. The guarantees of all that runs are at most what the host has. Memory:
// all of it is guaranteed. A course's share, and its class hours while they last, are kept for its members: others may
// not take that room even while nobody uses it, because a run is never evicted to give it back.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "domain/catalogue.hpp"

namespace stipend::domain {

struct Space {
  std::int64_t cpu_milli = 0, memory_mib = 0;
  Space& operator+=(const Space& o) { return cpu_milli += o.cpu_milli, memory_mib += o.memory_mib, *this; }
  Space& operator-=(const Space& o) { return cpu_milli -= o.cpu_milli, memory_mib -= o.memory_mib, *this; }
  friend Space operator+(Space a, const Space& b) { return a += b; }
  friend Space operator-(Space a, const Space& b) { return a -= b; }
  friend Space operator*(Space a, std::int64_t n) { return {a.cpu_milli * n, a.memory_mib * n}; }
  bool operator==(const Space&) const = default;
  bool holds(const Space& o) const { return cpu_milli >= o.cpu_milli && memory_mib >= o.memory_mib; }
};
// Figure by figure; at_least_none: what is below zero is zero.
Space most_of(const Space& a, const Space& b);
Space at_least_none(const Space& a);

// What the administrator allows of a host (stipend.toml, [compute]).
struct RoomPolicy {
  std::int64_t vcpu_percent = 400;          // vCPUs of types without a baseline for each 100 CPUs
  std::int64_t memory_percent = 100;        // of the memory less the reserve
  std::int64_t memory_reserve_mib = -1;     // for the host itself; -1: as memory_reserve() says
  bool promised_disks = false;              // count disks in their full size, not in what they take
};
// A sixteenth of the memory, from 512 MiB to 8 GiB.
std::int64_t memory_reserve(std::int64_t memory_mib);

inline constexpr std::int64_t kDiskFloorMib = 2048;  // below this no machine begins: what runs needs it

struct Host {
  HostId id;
  std::int64_t cpus = 0;      // no machine has more vCPUs
  Space space;                // what may be guaranteed in all
  std::int64_t disk_free_mib = 0;
  std::int64_t disk_total_mib = 0;  // 0: disks are counted by what they take
};
Host allow(const RoomPolicy& policy, HostId id, std::int64_t cpus, std::int64_t memory_mib, std::int64_t disk_free_mib,
           std::int64_t disk_total_mib);

// Of one vCPU of a type without a baseline.
std::int64_t vcpu_milli(std::int64_t vcpu_percent);
Space space_of(const InstanceType& type, std::int64_t vcpu_milli);

// How long before class hours begin their room is kept already: a machine of others that starts meanwhile could run on
// into them, and the right to run lasts up to this long (control's leases).
inline constexpr std::int64_t kKeptBeforeS = 3600;
bool keeps_now(const ClassHours& hours, WallTime now);
// What a course keeps now: its share, or what its class hours need where that is more.
// `catalogue`: at which it sells now.
Space kept_for(const Course& course, const Catalogue* catalogue, const Host& host, std::int64_t vcpu_milli, WallTime now);
Space share_of(const Host& host, std::int64_t percent);

// All that is promised at one moment.
struct Room {
  Host host;
  std::int64_t disks_gib = 0;             // of all disks, in full
  Space used;                             // by all runs
  std::map<CourseId, Space> used_by;      // of courses that keep room, at least
  std::map<CourseId, Space> kept;         // for its members alone, what they use included
  Space held;                             // for a place in the queue that was passed over too often

  // What the course's members may still take, and what they may take of their own kept room.
  Space free_for(const CourseId& course) const;
  Space own_left(const CourseId& course) const;
  // Kept for other courses and not used by them.
  Space kept_from(const CourseId& course) const;
  // What could ever be free for the course now, if everything ended that runs.
  Space most_for(const CourseId& course) const;
  // How much of what is kept for the course cannot be given, because others run in it.
  Space missing(const CourseId& course) const;
};

struct Wish {
  CourseId course;
  std::int64_t vcpus = 0;     // of the largest machine
  Space space;                // of all machines
  std::int64_t new_disks_gib = 0;
};

enum class Figure : std::uint8_t { kVcpus, kCpu, kMemory, kDisk, kQueue };
// Why a wish does not fit: needed and free in the figure's unit (vCPUs, thousandths of a CPU, MiB); kept: how much more
// would be free if other courses had none kept. kQueue: it fits, but somebody's turn comes first.
struct Lack {
  Figure figure = Figure::kCpu;
  std::int64_t needed = 0, free = 0, kept = 0;
};
std::optional<Lack> lack(const Room& room, const Wish& wish);
// "0.4 CPUs are needed and 0.1 are free (1.2 more are kept for other courses)"
std::string sentence(const Lack& lack);

}  // namespace stipend::domain
