// A machine's liblxc configuration, set key by key (never as text from outside: a newline would inject
// items). Pure except apply_lxc_config, which calls set_config_item only.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/ids.hpp"
#include "base/result.hpp"
#include "host/cgroup.hpp"
#include "host/idmap.hpp"
#include "host/names.hpp"

struct lxc_container;

namespace stipend::host {

struct MachineConfig {
  base::InstanceId instance;
  IdRange ids;
  MachineLimits limits;
  std::string hostname;
  std::string private_address;  // dotted quad
  std::string gateway;          // dotted quad, the state's gateway and nameserver
  std::string console_log;      // absolute path; size-capped, one older file NAME.1 is kept
  std::string seccomp_profile;  // absolute path of a readable file (write_seccomp_profile)
  std::string home = {}, course = {};  // absolute paths of mounts for the login's home and /course; empty: none
};

// What this host has, found once.
struct HostFeatures {
  CgroupVersion cgroup = CgroupVersion::kV2;
  bool apparmor = false;
  bool lxcfs = false;
};
HostFeatures host_features();

using LxcItems = std::vector<std::pair<std::string, std::string>>;
base::Result<LxcItems> lxc_items(const Names& names, const MachineConfig& config, const HostFeatures& host);
base::Status apply_lxc_config(lxc_container* container, const LxcItems& items);

// Writes our profile (the guest's kernel surface) to RUNTIME/seccomp and answers its path. Idempotent.
base::Result<std::string> write_seccomp_profile(const Names& names);

}  // namespace stipend::host
