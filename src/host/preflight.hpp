// What this host must have to run machines, found by looking. Pure data out: `stipend doctor` prints it and
// stipend-host refuses to start on kFail. Blocking (~100 ms). Any thread; may fork.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "host/names.hpp"
#include "hostlink/egress.hpp"

namespace stipend::host {

enum class Verdict : std::uint8_t { kOk, kWarn, kFail };

struct Finding {
  std::string check;  // stable word: "cgroup", "subid", "lxcfs", ...
  Verdict verdict = Verdict::kOk;
  std::string sentence;  // what was found, for a person
  std::string cure;      // what to do; empty when ok
};

struct PreflightOptions {
  bool repair =
      false;  // do what needs no decision: the /etc/subuid and subgid line, lxcfs, ip_forward, inotify, modules
  std::string private_cidr, public_cidr;  // as configured; empty: chosen
  hostlink::Egress egress = {};
};

std::vector<Finding> preflight(const Names& names, const PreflightOptions& options);
inline bool can_run(const std::vector<Finding>& findings) {
  for (const auto& f : findings)
    if (f.verdict == Verdict::kFail) return false;
  return true;
}

}  // namespace stipend::host
