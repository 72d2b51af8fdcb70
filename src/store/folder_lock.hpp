// One server at a time on a state folder: FOLDER/lock, held by flock(2) until the process ends, however it
// ends.
#pragma once

#include <chrono>
#include <string>
#include <utility>

#include "base/result.hpp"

namespace stipend::store {

class FolderLock {
 public:
  // Fails with `StateInUse` and the other process's id when it is still held after `patience`: a server that was
  // killed a moment ago may not be gone yet.
  static base::Result<FolderLock> take(const std::string& folder, std::chrono::milliseconds patience = {});
  FolderLock(FolderLock&& other) noexcept : file_(std::exchange(other.file_, -1)) {}
  FolderLock& operator=(FolderLock&& other) noexcept {
    std::swap(file_, other.file_);
    return *this;
  }
  ~FolderLock();

 private:
  explicit FolderLock(int file) : file_(file) {}
  int file_;
};

}  // namespace stipend::store
