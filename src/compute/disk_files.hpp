// What a provider that keeps disks on this computer can do with them while no run uses them. Beside Provider: control knows
// nothing of files. Calls return at once; each `done` is called exactly once, from any thread.
#pragma once

#include <cstdint>
#include <string>

#include "base/ids.hpp"
#include "compute/provider.hpp"

namespace stipend::compute {

struct FilesWish {
  base::DiskId disk;
  base::ImageId image;  // of a root disk; empty: the disk is a file system of its own
  std::string copy;     // the date of a copy of it, YYYY-MM-DD; empty: the disk itself
  std::int64_t course_gib = 0;  // > 0: a course's folder of that size; runs that use it do not stand in the way
  std::int64_t epoch = 0;
};

class DiskFiles {
 public:
  virtual ~DiskFiles() = default;
  // Where the files are served (hostlink/file_messages.hpp): a Unix stream socket's path, good for some seconds. kConflict
  // while a run uses the disk; a run that starts ends what was opened, but for copies and course folders.
  virtual void open_files(FilesWish wish, TextSink done) = 0;
  // A copy under that date, unless nothing changed since the newest; all but the newest `keep` go. kConflict: in use, later;
  // who only looks at the files gives way, a transfer does not (TransferRunning, naming it).
  virtual void copy_disk(base::DiskId disk, std::string date, std::int64_t keep, std::int64_t epoch, DoneSink done) = 0;
  virtual void list_copies(base::DiskId disk, TextSink done) = 0;  // a date a line, newest first
};

}  // namespace stipend::compute
