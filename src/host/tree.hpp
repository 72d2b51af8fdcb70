// Writes into a tree that a hostile guest owns: every step stays below the tree's root and follows no
// symbolic link (openat2), and the file is replaced by rename, so what lies there now is never opened or
// written. The caller has taken the guest user's file-system ids (FsUser): what that user may not do fails.
#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>

#include "base/result.hpp"
#include "host/fd.hpp"

namespace stipend::host {

class Tree {
 public:
  static base::Result<Tree> open(const std::string& root);
  // `path` is relative, of our own making. The folder must exist. Same contents already there: nothing is
  // written.
  base::Status write(const std::string& path, std::string_view text, mode_t mode) const;
  // The regular file at `path`; empty when there is none, or it is longer than `limit`.
  std::string read(const std::string& path, std::size_t limit) const;
  base::Status remove(const std::string& path) const;  // a file; none there is success
  base::Status make_folder(const std::string& path, mode_t mode) const;  // an existing folder is success

 private:
  explicit Tree(Fd root) : root_(std::move(root)) {}
  base::Result<Fd> folder_of(const std::string& path) const;
  Fd root_;
};

}  // namespace stipend::host
