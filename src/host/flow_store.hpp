// The log's files: FOLDER/MILLISECONDS.flows, a new one every hour, after 64 MiB, and at each start. Written whole
// records at a time and synced with each flush; the oldest go when they are too old or all of them too large. It
// pauses, and says so, while the disk has little room left. One thread.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "host/fd.hpp"
#include "host/flow_record.hpp"

namespace stipend::host {

struct FlowLimits {
  std::int64_t days = 30;
  std::int64_t bytes = 4LL << 30;         // of all segments
  std::int64_t segment_ms = 3'600'000;
  std::int64_t segment_bytes = 64 << 20;  // beside what it begins with; an eighth of `bytes` where that is less
  std::int64_t free_bytes = 512 << 20;    // what stays free on the file system
};

struct FlowSegment {
  std::int64_t start_ms = 0;
  std::string name;
  std::int64_t bytes = 0;
};
// Oldest first. Files of other names are not looked at.
std::vector<FlowSegment> flow_segments(const std::string& folder);

class FlowStore {
 public:
  using FreeBytes = std::function<std::int64_t()>;  // of the file system; tests say what they like
  FlowStore(std::string folder, FlowLimits limits, FreeBytes free);

  bool due(std::int64_t now_ms) const;  // begin() wanted
  // A new segment, after what is too old or too much went. Its listing is what is added until listed().
  base::Status begin(std::int64_t now_ms);
  void listed() { listed_bytes_ = bytes_ + static_cast<std::int64_t>(buffer_.size()); }
  void add(const FlowRecord& record);
  // Writes and syncs what was added. On an error it is dropped and counted.
  base::Status flush();
  std::int64_t lost_records() const { return lost_; }
  // What is too old or too much: deleted. The start of the oldest that stays, 0: none.
  std::int64_t prune(std::int64_t now_ms);

 private:
  std::string folder_;
  FlowLimits limits_;
  FreeBytes free_;
  Fd file_;
  std::string buffer_, current_;
  std::int64_t start_ms_ = 0, bytes_ = 0, listed_bytes_ = 0, lost_ = 0;
};

}  // namespace stipend::host
