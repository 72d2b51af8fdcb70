// Mount operations of the host side: loop devices, idmapped clones, overlay, unmounting. Paths come from
// Names. All need root; any thread (FsUser changes the calling thread only).
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>

#include "base/result.hpp"
#include "host/fd.hpp"
#include "host/idmap.hpp"

namespace stipend::host {

bool is_mount_point(const std::string& path);

// Lazy only in name: nothing may use it any more; what still does keeps its copy alive, and the path is free.
// Idempotent; stacked mounts all go.
base::Status unmount(const std::string& path);
// Every mount whose path begins with `folder`/ and `folder` itself, deepest first.
base::Status unmount_below(const std::string& folder);

// A loop device for the file that vanishes with its last user. `device` is /dev/loopN.
struct Loop {
  Fd fd;
  std::string device;
};
base::Result<Loop> attach_loop(const Fd& file, bool read_only);

// Opens a file whose blocks the kernel is going to mount: a regular one that root owns and nobody else may
// write, because a file system is only mounted when our own tools made it. Relative to the folder `at`
// (AT_FDCWD: none).
base::Result<Fd> open_trusted(int at, const std::string& path, bool read_only);

// Mounts a clone of the folder `source` on the folder `target`, owners shifted into the range; device nodes do not
// work on the clone. kSystem: set-uid programs do; kFiles: they do not; kReadOnlyFiles: nor can it be written.
enum class Clone : std::uint8_t { kSystem, kFiles, kReadOnlyFiles };
base::Status mount_idmapped(const std::string& source, const std::string& target, IdRange ids, Clone clone = Clone::kSystem);

// The calling thread acts on files as this host uid and gid, with root's capabilities kept, while the object
// lives. Keeps the thread's parent-death signal, which the kernel clears when these ids change.
class FsUser {
 public:
  FsUser(uid_t uid, gid_t gid);
  ~FsUser();
  FsUser(const FsUser&) = delete;
  FsUser& operator=(const FsUser&) = delete;

 private:
  int securebits_ = 0, death_signal_ = 0, dumpable_ = 0;
};

}  // namespace stipend::host
