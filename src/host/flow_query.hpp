// Whose was this address and port? Reads the log's files; root only, any process, while it is being written.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "host/flow_record.hpp"

namespace stipend::host {

struct FlowQuestion {
  std::optional<std::uint32_t> outside, to;  // one of them at least
  std::optional<std::uint16_t> outside_port, to_port;
  std::int64_t at_ms = 0, within_ms = 60'000;
  std::size_t most = 1000;
};

struct FlowAnswer {
  Flow flow;  // end_ms 0: open at read_to_ms
  std::optional<Holder> holder;
};

struct FlowFindings {
  std::vector<FlowAnswer> flows;  // by start
  bool more = false;              // than `most`
  std::int64_t from_ms = 0;       // where the log begins; 0: there is none
  std::int64_t read_to_ms = 0;    // what is open here may have ended later
  std::int64_t lost = 0;          // how often the kernel was not heard around that time
  // Within that time nothing was written from..to (to 0: up to now): connections may be missing.
  std::vector<std::pair<std::int64_t, std::int64_t>> silences;
};

base::Result<FlowFindings> find_flows(const std::string& folder, const FlowQuestion& question);

// How often a living log says so at least, and how long a pause is none yet.
inline constexpr std::int64_t kAliveEveryMs = 60'000, kSilenceMs = 150'000;

}  // namespace stipend::host
