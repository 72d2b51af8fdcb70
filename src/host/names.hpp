// Every name that one state folder owns on this host is derived from the folder's absolute path, so that
// several states (an installed service, `make run`, tests, two checkouts) live side by side.
// Nothing here touches the host except Names::open.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/ids.hpp"
#include "base/result.hpp"

namespace stipend::host {

struct Names {
  std::string state;      // absolute path of the state folder, without a slash at the end
  std::string images;     // absolute path of the folder that images/build fills; default STATE/images
  std::string hash;       // 8 lower-case hex digits of `state`
  std::string runtime;    // /run/stipend/HASH: gone after a reboot
  std::string mounts;     // RUNTIME/mnt: its contents exist in the private mount namespace only
  std::string nft_table;  // stipend_HASH
  std::string cgroup;     // stipend-HASH, relative to each hierarchy's root
  std::string device;     // stgwHASH: carries the gateway's address

  // Pure. `state` must be absolute.
  static Names of(std::string_view state, std::string_view images = {});
  // of() and makes RUNTIME (0711, root); refuses when another path has the same hash.
  static base::Result<Names> open(std::string_view state, std::string_view images = {});

  // The path for lxc_container_new: machines' inits must be able to pass through it before they have a root.
  std::string lxc_path() const { return runtime + "/lxc"; }
  std::string image_file(const base::ImageId& id) const { return images + "/ami/" + id.str() + ".erofs"; }
  std::string disks() const { return state + "/disks"; }
  std::string veth(std::uint32_t slot) const;  // stHASHn, at most 15 characters; slot < 65536
  std::string veth_wildcard() const { return "st" + hash + "*"; }  // the gateway's device does not match it
  std::string machine_root(const base::InstanceId& id) const { return mounts + "/root/" + id.str(); }
  std::string machine_facts(const base::InstanceId& id) const { return mounts + "/facts/" + id.str(); }
  // Outside the machine's own tree, each bound into it when it starts.
  std::string machine_home(const base::InstanceId& id) const { return mounts + "/home/" + id.str(); }
  std::string machine_course(const base::InstanceId& id) const { return mounts + "/course/" + id.str(); }
  std::string machine_cgroup(const base::InstanceId& id) const { return cgroup + "/" + id.str(); }
};

// In the place of a machine's id (id range, clone of a course's folder) for a disk that is looked at without one; a copy of
// it, by its date, has one beside it.
base::InstanceId stand_in(const base::DiskId& disk, const std::string& copy = {});

}  // namespace stipend::host
