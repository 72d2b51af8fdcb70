#include "host/flow_book.hpp"

#include <algorithm>

namespace stipend::host {
namespace {

constexpr std::size_t kUnknown = SIZE_MAX;

std::uint64_t mix(std::uint64_t h) {
  h ^= h >> 33;
  h *= 0xff51afd7ed558ccdULL;
  h ^= h >> 33;
  return h;
}

}  // namespace

std::size_t FlowBook::Hash::operator()(const FlowTuple& t) const {
  return mix(mix(static_cast<std::uint64_t>(t.source) << 32 | t.destination) +
             (static_cast<std::uint64_t>(t.source_port) << 32 | static_cast<std::uint64_t>(t.destination_port) << 8 | t.protocol));
}

std::size_t FlowBook::run_of(std::uint32_t address) const {
  const auto at = holding_.find(address);
  return at == holding_.end() ? kUnknown : at->second;
}

std::uint16_t FlowBook::number_of(std::size_t run) {
  if (run == kUnknown) return kNobody;
  Holder& holder = holders_[run];
  if (holder.number == kNobody && next_number_ < kNobody) {
    holder.number = next_number_++;
    sink_(holder);
  }
  return holder.number;
}

void FlowBook::hold(std::uint32_t address, const hostlink::RunKey& run, std::int64_t now_ms) {
  if (const auto at = run_of(address); at != kUnknown && holders_[at].run == run) return;
  holding_[address] = holders_.size();
  holders_.push_back({kNobody, address, run, now_ms});
}

void FlowBook::take(const FlowEvent& event, std::int64_t now_ms) {
  const auto at = open_.find(event.flow.tuple);
  if (event.ended) {
    Flow flow = at == open_.end() ? event.flow : at->second.flow;
    if (flow.start_ms == 0) flow.start_ms = now_ms;
    flow.end_ms = std::max(event.flow.end_ms != 0 ? event.flow.end_ms : now_ms, flow.start_ms);
    flow.holder = number_of(at == open_.end() ? run_of(flow.tuple.source) : at->second.run);
    if (at != open_.end()) open_.erase(at);
    return sink_(FlowEnded{flow});
  }
  if (at != open_.end() && at->second.flow.outside == event.flow.outside && at->second.flow.outside_port == event.flow.outside_port) {
    at->second.dump = dump_;  // told twice
    return;
  }
  Entry entry{event.flow, run_of(event.flow.tuple.source), dump_};
  if (entry.flow.start_ms == 0) entry.flow.start_ms = now_ms;
  entry.flow.end_ms = 0;
  entry.flow.holder = number_of(entry.run);
  sink_(FlowOpened{entry.flow});
  if (at != open_.end()) at->second = entry;
  else if (open_.size() < kMostOpen) open_.emplace(entry.flow.tuple, entry);
}

void FlowBook::end_dump(std::int64_t now_ms) {
  for (auto at = open_.begin(); at != open_.end();) {
    if (at->second.dump == dump_) {
      ++at;
      continue;
    }
    Flow flow = at->second.flow;
    flow.end_ms = std::max(now_ms, flow.start_ms);
    flow.holder = number_of(at->second.run);
    sink_(FlowEnded{flow});
    at = open_.erase(at);
  }
}

void FlowBook::list(std::int64_t now_ms) {
  // Only runs that have an address or an open connection stay.
  std::vector<std::size_t> place(holders_.size(), kUnknown);
  std::vector<Holder> kept;
  const auto keep = [&](std::size_t& run) {
    if (run == kUnknown) return;
    if (place[run] == kUnknown) {
      place[run] = kept.size();
      kept.push_back(holders_[run]);
      kept.back().number = kNobody;
    }
    run = place[run];
  };
  for (auto& [address, run] : holding_) keep(run);
  for (auto& [tuple, entry] : open_) keep(entry.run);
  holders_ = std::move(kept);
  next_number_ = 0;
  sink_(FlowSign{FlowMark::kListing, now_ms});
  for (auto& [tuple, entry] : open_) {
    entry.flow.holder = number_of(entry.run);
    sink_(FlowListed{entry.flow});
  }
  sink_(FlowSign{FlowMark::kListed, now_ms});
}

}  // namespace stipend::host
