// Which connections are open now, and what to write when one begins or ends. Each segment of the log is whole in
// itself: it begins with all that are open, and names a run before the first connection of it. Pure; one thread.
#pragma once

#include <functional>
#include <unordered_map>
#include <vector>

#include "host/flow_record.hpp"

namespace stipend::host {

struct FlowEvent {
  bool ended = false;
  Flow flow;  // holder unset; start_ms or end_ms 0: the kernel does not say
};

class FlowBook {
 public:
  using Sink = std::function<void(const FlowRecord&)>;
  explicit FlowBook(Sink sink) : sink_(std::move(sink)) {}

  // From now on the address is this run's.
  void hold(std::uint32_t address, const hostlink::RunKey& run, std::int64_t now_ms);
  void take(const FlowEvent& event, std::int64_t now_ms);
  // A new segment: everything that is open, and who holds what.
  void list(std::int64_t now_ms);
  // All that the kernel has were read anew, each told with take() between these two: what it did not tell is over.
  void begin_dump() { ++dump_; }
  void end_dump(std::int64_t now_ms);

  std::size_t open() const { return open_.size(); }
  bool full() const { return next_number_ >= kNobody; }  // no more runs fit in this segment: list()

 private:
  static constexpr std::size_t kMostOpen = 4'000'000;  // 300 MB; more are written, but their end is not told apart
  struct Hash {
    std::size_t operator()(const FlowTuple& t) const;
  };
  struct Entry {
    Flow flow;
    std::size_t run;  // place in holders_
    std::uint32_t dump;
  };
  std::uint16_t number_of(std::size_t run);
  std::size_t run_of(std::uint32_t address) const;

  Sink sink_;
  std::unordered_map<FlowTuple, Entry, Hash> open_;
  std::vector<Holder> holders_;                            // number: in this segment, kNobody until it is named there
  std::unordered_map<std::uint32_t, std::size_t> holding_; // address -> holders_
  std::uint16_t next_number_ = 0;
  std::uint32_t dump_ = 0;
};

}  // namespace stipend::host
