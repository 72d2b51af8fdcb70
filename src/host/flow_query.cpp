#include "host/flow_query.hpp"

#include <fcntl.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <map>
#include <unordered_map>

#include "host/fd.hpp"
#include "host/flow_store.hpp"

namespace stipend::host {
namespace {

// Ends that come much later do not matter to whose it was.
constexpr std::size_t kMostSegments = 48;

class Search {
 public:
  explicit Search(const FlowQuestion& q) : q_(q), first_(q.at_ms - q.within_ms), last_(q.at_ms + q.within_ms) {}

  base::Status read(const std::string& path) {
    Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
    if (!file && errno == ENOENT) return {};  // too old by now
    if (!file) return base::fail_errno("open " + path, errno);
    holders_.clear();
    std::string block(kFlowBytes * 16'384, '\0');
    for (std::size_t held = 0;;) {
      const ssize_t n = ::read(file.get(), block.data() + held, block.size() - held);
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) return base::fail_errno("read " + path, errno);
      if (n == 0) return {};
      held += static_cast<std::size_t>(n);
      const std::size_t whole = held / kFlowBytes * kFlowBytes;
      for (std::size_t at = 0; at < whole; at += kFlowBytes)
        if (const auto record = decode_flow(std::string_view(block).substr(at, kFlowBytes)))
          std::visit([&](const auto& r) { take(r); }, *record);
      block.copy(block.data(), held - whole, whole);
      held -= whole;
    }
  }

  // Nothing of a later segment matters any more.
  bool complete(std::int64_t next_segment_ms) const { return next_segment_ms > last_ && open_.empty(); }

  FlowFindings findings(std::int64_t now_ms, bool more_follows) {
    alive(now_ms, more_follows ? now_ms : 0);
    out_.read_to_ms = now_ms;
    for (auto& [tuple, entry] : open_) keep(entry.answer);
    std::ranges::sort(out_.flows, {}, [](const FlowAnswer& a) { return a.flow.start_ms; });
    out_.more = out_.flows.size() > q_.most;
    if (out_.more) out_.flows.resize(q_.most);
    return std::move(out_);
  }

 private:
  struct Entry {
    FlowAnswer answer;
    bool listed = true;
  };

  bool asked(const Flow& f) const {
    return (!q_.outside || f.outside == *q_.outside) && (!q_.outside_port || f.outside_port == *q_.outside_port) &&
           (!q_.to || f.tuple.destination == *q_.to) && (!q_.to_port || f.tuple.destination_port == *q_.to_port);
  }
  void keep(FlowAnswer& answer) {
    const auto& f = answer.flow;
    if (f.start_ms <= last_ && (f.end_ms == 0 || f.end_ms >= first_) && out_.flows.size() <= q_.most)
      out_.flows.push_back(std::move(answer));
  }
  FlowAnswer answer(const Flow& flow) const {
    const auto holder = holders_.find(flow.holder);
    return {flow, holder == holders_.end() ? std::nullopt : std::optional(holder->second)};
  }
  void open(const Flow& flow, bool listed) {
    if (!asked(flow)) return;
    const auto at = open_.find(flow.tuple);
    if (at != open_.end() && at->second.answer.flow.outside_port == flow.outside_port &&
        (listed || at->second.answer.flow.start_ms >= flow.start_ms)) {
      at->second.listed = true;  // the same one, told again
      return;
    }
    if (at != open_.end()) {  // its end was not told: at the latest when the next one took its place
      at->second.answer.flow.end_ms = flow.start_ms;
      keep(at->second.answer);
      open_.erase(at);
    }
    if (flow.start_ms <= last_) open_.emplace(flow.tuple, Entry{answer(flow), true});
  }
  void alive(std::int64_t now_ms, std::int64_t said) {
    if (alive_ms_ != 0 && now_ms - alive_ms_ > kSilenceMs && alive_ms_ <= last_ && now_ms >= first_)
      out_.silences.emplace_back(alive_ms_, said);
    alive_ms_ = std::max(alive_ms_, now_ms);
  }

  void take(const FlowOpened& r) { open(r.flow, false); }
  void take(const FlowListed& r) { open(r.flow, true); }
  void take(const FlowEnded& r) {
    if (!asked(r.flow)) return;
    auto ended = answer(r.flow);
    if (const auto at = open_.find(r.flow.tuple); at != open_.end()) {
      ended.flow.start_ms = std::min(ended.flow.start_ms, at->second.answer.flow.start_ms);
      if (at->second.answer.holder) ended.holder = at->second.answer.holder;
      open_.erase(at);
    }
    keep(ended);
  }
  void take(const Holder& h) { holders_[h.number] = h; }
  void take(const FlowSign& s) {
    switch (s.mark) {
      case FlowMark::kListing:
        for (auto& [tuple, entry] : open_) entry.listed = false;
        break;
      case FlowMark::kListed:
        for (auto at = open_.begin(); at != open_.end();) {
          if (at->second.listed) {
            ++at;
            continue;
          }
          at->second.answer.flow.end_ms = s.at_ms;  // it ended while nobody wrote
          keep(at->second.answer);
          at = open_.erase(at);
        }
        break;
      case FlowMark::kLost:
        if (s.at_ms >= first_ && s.at_ms <= last_) ++out_.lost;
        break;
      case FlowMark::kAlive: break;
    }
    alive(s.at_ms, s.at_ms);
  }

  const FlowQuestion& q_;
  std::int64_t first_, last_, alive_ms_ = 0;
  std::unordered_map<std::uint16_t, Holder> holders_;
  std::map<FlowTuple, Entry> open_;
  FlowFindings out_;
};

}  // namespace

base::Result<FlowFindings> find_flows(const std::string& folder, const FlowQuestion& q) {
  const auto segments = flow_segments(folder);
  Search search(q);
  // Each segment begins with what is open: the last one that had begun by then is the first to read.
  std::size_t first = 0;
  while (first + 1 < segments.size() && segments[first + 1].start_ms <= q.at_ms - q.within_ms) ++first;
  for (std::size_t i = first; i < segments.size(); ++i) {
    if (i > first && (search.complete(segments[i].start_ms) || i > first + kMostSegments)) {
      FlowFindings found = search.findings(segments[i].start_ms, true);
      found.from_ms = segments.front().start_ms;
      return found;
    }
    TRY(search.read(folder + "/" + segments[i].name));
  }
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  FlowFindings found = search.findings(static_cast<std::int64_t>(now.tv_sec) * 1000, false);
  found.from_ms = segments.empty() ? 0 : segments.front().start_ms;
  return found;
}

}  // namespace stipend::host
