// A machine's home folder on a disk of its own, so that it outlives image, type and machine. The disk's folder `home` is
// what the machine sees as its login's home; the disk's own top (lost+found) it never sees. At its first use the folder is
// filled from the image's home, whole or not at all. All calls: in the private mount namespace, blocking, one call per
// machine at a time.
#pragma once

#include <string>

#include "base/ids.hpp"
#include "base/result.hpp"
#include "host/idmap.hpp"
#include "host/names.hpp"

namespace stipend::host {

inline constexpr const char* kLoginHome = "home/ubuntu";  // below the root of every image

struct HomeSpec {
  base::InstanceId instance;
  base::DiskId disk;    // made when it does not exist
  std::int64_t gib = 0;
  base::ImageId image;  // mounted already (prepare_rootfs)
  IdRange ids;
};

// Mounts it at Names::machine_home and answers that path; the tree of the machine has a folder to bind it on.
// Idempotent: mounts left by a crash are replaced. A failure leaves nothing mounted. VolumeInUse while another machine
// has it.
base::Result<std::string> prepare_home(const Names& names, const HomeSpec& spec);
base::Status release_home(const Names& names, const base::InstanceId& instance, const base::DiskId& disk);  // idempotent

}  // namespace stipend::host
