// What makes a machine this machine. Two places:
// - facts: a folder on the host's tmpfs (Names::machine_facts), seen inside read-only as /etc/stipend:
//   instance-id, jupyter.env (JUPYTER_TOKEN=), user-data, proxy.env and systemd.conf (egress_environment.hpp). Never on the guest's disk, so a full disk or a
//   hostile tree cannot be in the way. Written before each boot; removed with the machine.
// - the guest's own tree: hostname, hosts, resolv.conf, machine-id, ssh host key, authorized_keys. Written as
// the
//   guest's root or ubuntu, below the tree's root, following no symbolic link, because a guest may have
//   replaced any of it. What is personal is written at the disk's first boot for this instance only. Other machines may have used
//   the disk before (a copy of one, a home of its own): their host keys go, and the login's keys are added to those that are there.
// Blocking (~20 ms at first boot for the host key). In the private mount namespace, tree mounted.
#pragma once

#include <string>
#include <vector>

#include "base/ids.hpp"
#include "base/result.hpp"
#include "host/egress_environment.hpp"
#include "host/idmap.hpp"
#include "host/names.hpp"

namespace stipend::host {

struct Identity {
  base::InstanceId instance;
  base::DiskId disk;  // carries the mark "first boot done for INSTANCE"
  IdRange ids;
  bool own_home = true;         // false: the home is a disk of its own, at Names::machine_home
  std::string hostname;         // one DNS label, checked
  std::string private_address;  // dotted quad, checked
  std::string nameserver;       // the state's gateway address
  std::string authorized_keys;  // OpenSSH lines, <= 64 KiB, printable; first boot only
  std::string user_data;        // raw bytes, <= 16 KiB
  std::string jupyter_token;    // [0-9a-f]{16,128}
  ProxyWords proxy = {};        // checked when the settings were read
};

// kInvalid for values outside the grammar (nothing written). A file that the guest has made unwritable is no
// failure: the answer names each one in a sentence for the log.
base::Result<std::vector<std::string>> write_identity(const Names& names, const Identity& identity);
base::Status remove_facts(const Names& names, const base::InstanceId& instance);  // idempotent

}  // namespace stipend::host
