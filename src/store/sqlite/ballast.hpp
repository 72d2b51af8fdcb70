// Ballast: a file that occupies disk space only so that it can be removed when the disk is full, for the last
// commits that must not fail: stops and charges. One thread.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.hpp"

namespace stipend::store::sqlite {

class Ballast {
 public:
  Ballast(std::string path, std::int64_t bytes) : path_(std::move(path)), bytes_(bytes) {}
  // Makes the file if it is not there whole; needs twice its size free, so that making it is not what fills
  // the disk.
  base::Status set_aside();
  bool present() const { return present_; }
  void release();  // gives the space back

 private:
  std::string path_;
  std::int64_t bytes_;
  bool present_ = false;
};

}  // namespace stipend::store::sqlite
