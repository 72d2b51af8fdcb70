// A student's tree, which may hold whatever a hostile guest could make: links out of it, pipes, files without end, names
// of any bytes. Every step stays beneath the root and follows no link (openat2); only regular files are read. Paths are
// hostlink's: relative, without "." and "..". Blocking; any thread. Errors are for people and name no path of the host.
#pragma once

#include <sys/stat.h>

#include <string>
#include <utility>

#include "base/result.hpp"
#include "host/fd.hpp"
#include "hostlink/file_messages.hpp"

namespace stipend::files {

using host::Fd;

// In the root of a tree that takes uploads; no listing shows it.
inline constexpr const char* kStagingFolder = ".stipend-uploads";

class Tree {
 public:
  explicit Tree(Fd root) : root_(std::move(root)) {}

  base::Result<hostlink::Listing> list(const hostlink::ListFolder& wish) const;
  base::Result<hostlink::FileEntry> look(const std::string& path) const;
  base::Result<std::pair<Fd, hostlink::FileEntry>> open_file(const std::string& path) const;
  base::Result<Fd> open_folder(const std::string& path) const;
  // The folder that holds the path's last name, and that name; not for "".
  base::Result<std::pair<Fd, std::string>> place_of(const std::string& path) const;

  base::Status make_folder(const std::string& path) const;
  base::Status move(const std::string& from, const std::string& to) const;  // never onto something
  base::Status remove(const std::string& path) const;                       // a folder with all it holds

 private:
  Fd root_;
};

base::Result<Fd> open_beneath(const Fd& folder, const std::string& path, std::uint64_t flags, mode_t mode = 0);
hostlink::FileEntry entry_of(std::string name, const struct stat& s);
// What errno means for the person whose files they are.
std::unexpected<base::Error> file_error(int error_number);

}  // namespace stipend::files
