// The folder that a course shares, seen by its machines as /course. Its disk is mounted once on the host; each machine
// gets a clone of that mount, so a change is seen at once everywhere. What may not write is held back by the mount, not
// by permissions. All calls: in the private mount namespace, blocking, any number of machines at a time.
#pragma once

#include <span>
#include <string>

#include "base/ids.hpp"
#include "base/result.hpp"
#include "host/idmap.hpp"
#include "host/names.hpp"

namespace stipend::host {

struct CourseFolderSpec {
  base::InstanceId instance;
  base::DiskId disk;  // made when it does not exist
  std::int64_t gib = 0;
  bool writable = false;
  IdRange ids;
};

// Mounts it at Names::machine_course and answers that path. Idempotent. A failure leaves nothing of the machine's mounted.
base::Result<std::string> prepare_course_folder(const Names& names, const CourseFolderSpec& spec);
// Idempotent. The disk's own mount goes with its last clone. At most 20 s.
base::Status release_course_folder(const Names& names, const base::InstanceId& instance);

// Those of all but these: what a stipend-host that was killed left.
base::Status retain_course_folders(const Names& names, std::span<const base::InstanceId> keep);

}  // namespace stipend::host
