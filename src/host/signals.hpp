// What a machine's person should know of it: memory that was full, a disk that fills. stipend-host measures, the
// supervisor keeps what was seen (it outlives stipend-host) and tells the guest; stipend-host tells the server from the
// supervisor's status, again and again, and the server sees by `count` what is new. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace stipend::host {

inline constexpr int kDiskFilling = 90;  // percent: told once,
inline constexpr int kDiskRoomy = 85;    // and again after it fell below this

struct DiskUse {
  std::int64_t used_mib = 0, size_mib = 0, percent = 0;  // as df says it
  bool operator==(const DiskUse&) const = default;
};

// From stipend-host to the supervisor. oom_kills: of the machine's control groups since its init runs.
struct Measured {
  std::optional<std::int64_t> oom_kills;
  std::optional<DiskUse> disk, home;  // its root disk; the home that is a disk of its own
};

struct Filling {
  bool now = false;
  std::int64_t count = 0;  // times that it began to
  DiskUse use;             // when it last changed
  bool operator==(const Filling&) const = default;
};

struct Signals {
  std::int64_t oom_kills = 0;     // the newest measure
  std::int64_t memory_count = 0;  // measures that found more kills than the one before
  Filling disk, home;
  bool operator==(const Signals&) const = default;
};

struct News {
  bool memory = false, disk = false, home = false;
  bool any() const { return memory || disk || home; }
};
News take(Signals& signals, const Measured& measured);

// The command that tells the guest; empty: nothing to tell. The image of an older machine may not know the word of a home:
// it is told of a disk then.
std::vector<std::string> notice_command(const News& news, const Signals& signals, std::int64_t memory_mib);

}  // namespace stipend::host
