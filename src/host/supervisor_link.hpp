// What stipend-host hands to a supervisor, and what the supervisor says back. One JSON packet each, with a
// version, because a supervisor of the last release goes on under the next one's stipend-host.
// Orders to a running supervisor are hostlink::Renew, Stop and Reboot as they came from the server, and Measured.
// The same status text stands in RUNTIME/m/INSTANCE.status (for a stipend-host that comes back) and, when
// the run is over, in STATE/host/final/INSTANCE.GENERATION until the book of runs has it.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "host/egress_environment.hpp"
#include "host/idmap.hpp"
#include "host/lease.hpp"
#include "host/names.hpp"
#include "host/signals.hpp"
#include "hostlink/messages.hpp"

namespace stipend::host {

struct SupervisorSpec {
  hostlink::Start start;
  IdRange ids;
  std::string gateway;
  std::string seccomp;  // path of the profile, written once by stipend-host
  std::vector<int> cpus;
  ProxyWords proxy = {};
};

// Thousandths of a CPU that the machine gets when all want more than there is.
std::int64_t guaranteed_milli(const hostlink::Start& start);

struct SupervisorStatus {
  hostlink::RunKey key;
  pid_t pid = 0;  // the supervisor, with its start time against reuse of the number
  std::uint64_t pid_started = 0;
  pid_t runner = 0;  // its child inside liblxc
  std::uint64_t runner_started = 0;
  pid_t init = 0;
  std::uint64_t init_started = 0;
  LeaseState lease;
  base::RunSeconds ran;  // when this was written
  bool over = false;     // nothing runs, nothing is mounted
  std::string detail;
  std::int64_t memory_mib = 0;  // its limit
  Signals signals;
};

std::string encode(const SupervisorSpec& spec);
std::string encode(const Measured& measured);
std::string encode(const SupervisorStatus& status);
base::Result<SupervisorSpec> decode_spec(std::string_view packet);
base::Result<SupervisorStatus> decode_status(std::string_view packet);
base::Result<Measured> decode_measured(std::string_view packet);

// Where things are.
inline constexpr std::size_t kFinalBytes = 4096;  // the final status file, written in place

struct RunPaths {
  std::string folder;   // RUNTIME/m
  std::string socket;   // RUNTIME/m/INSTANCE.sock
  std::string status;   // RUNTIME/m/INSTANCE.status
  std::string lxc;      // RUNTIME/lxc, liblxc's own folder
  std::string lxc_log;  // RUNTIME/m/INSTANCE.lxc
  std::string final;    // STATE/host/final/INSTANCE.GENERATION
  std::string console;  // STATE/host/console/INSTANCE
  std::string log;      // STATE/host/log/INSTANCE
  static RunPaths of(const Names& names, const hostlink::RunKey& key);
};

}  // namespace stipend::host
