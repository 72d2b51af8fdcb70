// Keeps the host's file system from filling under machines whose disks are promised more than there is. Pure: takes
// looks at the file system and at the machines' disks, answers which machine is to be stopped.
//
// Below the hard mark, or when two more seconds at this pace lead below it, the machine whose disk grew most in the last
// seconds is stopped, cleanly, with its disk held (no new blocks), then the next one, until what is left stays. Machines
// that do not write go on: stopping them would free nothing. A course's folder belongs to many machines: when it is what
// grew most, it is held and nobody is stopped. What its writers have in memory is taken for the folder's unless their own
// disks grow more than that: to hold it is harmless, and once it is held what they write is their own. Below the critical mark nobody waits for anybody, and a stop that has not helped within
// seconds becomes a kill. On a disk that somebody else filled to the last blocks nothing is done: writes fail, and stops
// need what is set aside.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "base/ids.hpp"

namespace stipend::host {

inline constexpr std::int64_t kHoldTakesMs = 2'000;  // until then what comes to a held folder was accepted before

struct DiskMarks {
  std::int64_t soft = 0, hard = 0, critical = 0;  // bytes left
  std::int64_t reserve = 0;  // what is not a machine's (uploads, copies) leaves as much, so that none is stopped because of it
  // Of a file system of that size, on a host that keeps at most so much in memory before writers must wait for the disk:
  // as much may come at once, sooner than anybody can look.
  static DiskMarks of(std::int64_t size_bytes, std::int64_t dirty_limit);
};

struct DiskWriter {
  base::InstanceId id;
  std::int64_t occupied = 0;  // bytes of its own disks on the host
  std::int64_t dirty = 0;     // bytes in memory that will be written
  bool ending = false;        // it is being stopped already
  base::DiskId folder = {};   // a shared disk that it may write
  auto operator<=>(const DiskWriter&) const = default;
};

// A disk that many machines have at once.
struct SharedDisk {
  base::DiskId id;
  std::int64_t occupied = 0;
  bool held = false;
};

struct DiskLook {
  std::int64_t size = 0, free = 0, dirty_limit = 0;
  std::vector<DiskWriter> machines;
  std::vector<SharedDisk> folders = {};
};

struct DiskStop {
  base::InstanceId id;
  bool force = false;
  std::int64_t grew = 0;
  base::DiskId folder = {};  // to be held; then no machine is named
  bool operator==(const DiskStop&) const = default;
};

class DiskWatch {
 public:
  std::optional<DiskStop> look(const DiskLook& look, std::int64_t now_ms);
  // What is left once everything in memory is written; of the newest look.
  std::int64_t room() const { return room_; }
  const DiskMarks& marks() const { return marks_; }
  bool low() const { return marks_.soft > 0 && room_ < marks_.soft; }         // the server should know
  bool may_start() const { return marks_.hard == 0 || room_ >= marks_.hard; }  // another machine

 private:
  struct Sample {
    std::int64_t at_ms = 0, occupied = 0, dirty = 0;
    std::int64_t bytes() const { return occupied + dirty; }
  };
  struct Growth {
    std::int64_t on_disk = 0, all = 0;  // since the least of the window
    std::int64_t lately = 0;            // since the last look; less than 0 when it shrank
  };
  static Growth grow(std::vector<Sample>& kept, const Sample& newest);

  std::map<base::InstanceId, std::vector<Sample>> samples_;
  std::map<base::DiskId, std::vector<Sample>> folder_samples_;
  std::map<base::DiskId, std::int64_t> held_at_ms_;
  DiskMarks marks_;
  std::int64_t room_ = 0, looked_at_ms_ = 0;
  std::optional<DiskStop> last_;
  std::int64_t last_at_ms_ = 0;
};

}  // namespace stipend::host
