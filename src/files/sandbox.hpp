// From root inside the state's mount namespace to a process that can touch one folder and nothing else. Called once,
// first thing, by a process of one thread.
#pragma once

#include <string>

#include "base/ids.hpp"
#include "base/result.hpp"
#include "host/fd.hpp"
#include "host/host_reserve.hpp"
#include "host/idmap.hpp"
#include "host/names.hpp"

namespace stipend::files {

struct Place {
  base::DiskId disk;
  base::ImageId image;   // of a root disk, a layer over it; empty: the disk is a file system of its own
  host::IdRange ids;
  std::string copy;      // the date of a copy of it; empty: the disk itself
  std::int64_t course_gib = 0;  // > 0: a course's folder of that size, which machines have at the same time
};

// Leaves the state's mounts behind (what machines mount and unmount is not held up), mounts the disk where only this
// process sees it (a course's folder: clones what all its machines share), and makes the student's home the whole of its
// file system. That clone is of stand_in(disk): whoever started the process releases it once that has ended. The disk is free again when the process has
// ended, however it ends.
struct Inside {
  host::Fd home;
  host::HostReserve reserve;  // of the host's file system; of a copy, which is only read: none
};
base::Result<Inside> enter(const host::Names& names, const Place& place);
// For good: the guest's own login user, no capability, no new privileges, no network, bounds on everything.
base::Status become_guest(host::IdRange ids);
// The system calls that serving files takes, for all threads.
base::Status allow_files_only();

}  // namespace stipend::files
