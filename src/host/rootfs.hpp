// The root file system of a machine: overlay of an idmapped clone of the image (read-only erofs, mounted once
// for the state) and the machine's own disk. All calls: in the private mount namespace, blocking (~50 ms),
// one call per machine at a time. The calling thread's file-system uid changes for a moment and comes back.
#pragma once

#include <string>

#include "base/ids.hpp"
#include "base/result.hpp"
#include "host/idmap.hpp"
#include "host/names.hpp"

namespace stipend::host {

struct RootfsSpec {
  base::InstanceId instance;
  base::ImageId image;  // IMAGES/ami/AMI.erofs
  base::DiskId disk;    // exists already (create_disk)
  IdRange ids;
};

// Mounts everything and answers the merged tree's path (Names::machine_root), proven to hold an init.
// Idempotent: mounts left by a crash are replaced. A failure leaves nothing mounted. kNotFound
// "InvalidAMIID.NotFound" when the image file is missing.
base::Result<std::string> prepare_rootfs(const Names& names, const RootfsSpec& spec);

// Unmounts. Idempotent; the disk's bytes are flushed. Run after the machine's last process is gone.
base::Status release_rootfs(const Names& names, const base::InstanceId& instance, const base::DiskId& disk);

// Where the image of a prepared machine is mounted, read-only, ids as stored.
std::string image_path(const Names& names, const base::ImageId& image);

// Unmounts images that no machine uses.
base::Status release_unused_images(const Names& names);

}  // namespace stipend::host
