// What the gateway knows of files: a person's places (a stopped machine's home, a home disk, the course's folder), their
// folders and files.
// Names and paths are bytes as the file system holds them; a path is relative to its place, without "." and "..".
// The same rules as ports.hpp.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "gateway/ports.hpp"

namespace stipend::gateway {

enum class FileKind : std::uint8_t { kFolder, kFile, kLink, kOther };

struct FileView {
  std::string name;
  FileKind kind = FileKind::kFile;
  std::int64_t size = 0, modified_ns = 0;
  std::uint64_t inode = 0;
};
struct FolderView {
  std::vector<FileView> entries;
  std::string next;  // hand it in to go on; empty: that was all
  std::int64_t size_bytes = 0, free_bytes = 0;
};
struct FilePlace {
  base::DiskId disk;
  base::InstanceId instance;
  std::string name;     // of the machine, or what a snapshot's owner says of it
  bool home = false;    // a disk of its own, which is copied each night
  bool course = false;  // the course's folder: read by members, changed by staff, also while machines run
  bool snapshot = false;  // read only
  bool writable = true;
  std::string unready;  // why its files cannot be looked at now, in words; empty: they can
};
// A disk, or the copy of a home of that date, which can only be read.
struct Spot {
  base::DiskId disk;
  std::string copy = {};
};
struct UploadView {
  std::int64_t offset = 0, size = 0;
};

// Bytes on their way, read by one coroutine.
class ByteSource {
 public:
  virtual ~ByteSource() = default;
  virtual awaitable<base::Result<std::string>> next() = 0;  // empty: that was all
};
struct FileBytes {
  FileView file;  // as it was when it was opened
  std::shared_ptr<ByteSource> bytes;
};

// Every call names the account that asks; a place that is not its is NotFound. `Busy`: a run uses the disk.
class FilesPorts {
 public:
  virtual ~FilesPorts() = default;
  virtual awaitable<base::Result<std::vector<FilePlace>>> places(base::AccountId account) = 0;

  virtual awaitable<base::Result<FolderView>> list(base::AccountId account, Spot spot, std::string path, std::string after,
                                                   std::int64_t limit) = 0;
  virtual awaitable<base::Result<FileView>> look(base::AccountId account, Spot spot, std::string path) = 0;
  virtual awaitable<base::Result<FileBytes>> read(base::AccountId account, Spot spot, std::string path, std::int64_t offset,
                                                  std::int64_t length) = 0;
  virtual awaitable<base::Result<std::shared_ptr<ByteSource>>> zip(base::AccountId account, Spot spot, std::string path) = 0;

  virtual awaitable<base::Result<std::vector<std::string>>> copies(base::AccountId account, base::DiskId disk) = 0;  // dates, newest first
  // The copy's file, put beside what is there now; answers its path in the home.
  virtual awaitable<base::Result<std::string>> restore(base::AccountId account, Spot spot, std::string path) = 0;

  virtual awaitable<base::Status> make_folder(base::AccountId account, Spot spot, std::string path) = 0;
  virtual awaitable<base::Status> move(base::AccountId account, Spot spot, std::string from, std::string to) = 0;
  virtual awaitable<base::Status> remove(base::AccountId account, Spot spot, std::string path) = 0;

  virtual awaitable<base::Result<std::string>> begin_upload(base::AccountId account, Spot spot, std::string path,
                                                            std::int64_t size, bool replace) = 0;  // its id
  virtual awaitable<base::Result<UploadView>> look_at_upload(base::AccountId account, Spot spot, std::string id) = 0;
  virtual awaitable<base::Result<UploadView>> go_on_upload(base::AccountId account, Spot spot, std::string id, std::int64_t offset,
                                                           std::shared_ptr<ByteSource> bytes) = 0;
  virtual awaitable<base::Status> drop_upload(base::AccountId account, Spot spot, std::string id) = 0;
};

}  // namespace stipend::gateway
