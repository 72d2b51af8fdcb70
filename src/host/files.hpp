// Small file helpers of the host side. All paths come from Names, never from outside.
#pragma once

#include <sys/types.h>

#include <functional>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "host/fd.hpp"

namespace stipend::host {

// At most `limit` bytes; longer is kInvalid. /proc and /sys files too.
base::Result<std::string> read_file(const std::string& path, std::size_t limit = 1 << 20);
// One write() to a file that exists (/proc, /sys, cgroups).
base::Status write_existing(const std::string& path, std::string_view text);
// Temporary name, fsync, rename, fsync of the folder. kFleeting, for what means nothing after a
// reboot, leaves out both fsyncs.
enum class Keep : bool { kFleeting, kDurable };
base::Status write_file_atomic(const std::string& path, std::string_view text, mode_t mode,
                               Keep keep = Keep::kDurable);
// A file of the folder that has its name only once `fill` has written all of it and it is on the disk: temporary name, fsync, rename.
// A failure leaves nothing; who is killed leaves `temporary`.
base::Status make_file(const Fd& folder, const std::string& name, const std::string& temporary,
                       const std::function<base::Status(const Fd& file)>& fill);
// Each missing folder of the path is made with `mode` (not masked); existing ones are left.
base::Status make_folders(const std::string& path, mode_t mode);
bool exists(const std::string& path);

// An exclusive flock, held while the Fd lives. Waits at most `wait_ms`.
base::Result<Fd> lock_file(const std::string& path, int wait_ms = 5000);

// Text without the white space around it.
std::string_view trimmed(std::string_view text);

}  // namespace stipend::host
