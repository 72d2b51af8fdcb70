// The record of last known life: all running machines in one file, STATE/host/record, written every 5 s with
// one fdatasync. After a power failure each run is charged to what stands here, at most 5 s too little.
// The file holds two slots that are written in turn, each with a sequence number and a checksum: a torn
// write loses the newest slot only, never both.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "hostlink/messages.hpp"

namespace stipend::host {

inline constexpr std::int64_t kRecordEveryMs = 5'000;

struct RecordEntry {
  hostlink::RunKey key;
  base::RunSeconds ran;
  hostlink::Lease lease;
};

struct Record {
  std::uint64_t sequence = 0;
  std::string boot_id;
  std::vector<RecordEntry> entries;
  const RecordEntry* find(const hostlink::RunKey& key) const;
};

base::Result<Record> read_record(const std::string& path);  // an empty one when there is no file
// Writes the slot sequence % 2. Blocking; the caller numbers records upwards.
base::Status write_record(const std::string& path, const Record& record);

}  // namespace stipend::host
