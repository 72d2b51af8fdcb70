// What the server and a file worker (src/files) say over a Unix stream socket. One connection carries one request and
// its answer: a frame each way, then bytes where the request says so. The worker holds a student's tree and is the side
// with nothing to lose; still neither believes the other: every text and number has a bound, and a path is relative,
// without "." and "..", before anything looks at it.
//
// Names are the bytes that the file system holds, of whatever encoding; only the gateway makes words of them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.hpp"

namespace stipend::hostlink {

inline constexpr std::size_t kMaxFileRequestBytes = 16 * 1024;
inline constexpr std::size_t kMaxFileAnswerBytes = 4 * 1024 * 1024;
inline constexpr std::size_t kMaxChunkBytes = 256 * 1024;
inline constexpr std::size_t kMaxPathBytes = 4'000, kMaxNameBytes = 255;
inline constexpr std::int64_t kMaxEntries = 10'000;                        // of one listing
inline constexpr std::int64_t kMaxUploadBytes = 10LL * 1000 * 1000 * 1000;

// Between stipend-host and a worker, each one packet. From the worker: kFilesReady; or, when it could not begin, an error's
// code, a newline and its sentence; and to kFilesRetire, where it does not simply end: kFilesBusy and what is under way.
inline constexpr std::string_view kFilesReady = "ready\n", kFilesRetire = "retire\n", kFilesBusy = "busy\n";

// "" is the tree itself; else names joined by '/', none of them empty, "." or "..", no NUL.
bool is_relative_path(std::string_view path);
bool is_upload_id(std::string_view id);  // 32 lower-case hex digits

// ---- requests ----
struct ListFolder {       // -> Listing; folders first, then by name's bytes
  std::string path;
  std::string after;      // `next` of the listing before; empty: from the start
  std::int64_t limit = 1'000;
};
struct LookAt {           // -> FileEntry
  std::string path;
};
struct ReadFile {         // -> FileEntry, then exactly the bytes from `offset`, `length` of them or to the end
  std::string path;
  std::int64_t offset = 0, length = -1;
};
struct ZipFolder {        // -> Done, then chunks: each a length and its bytes, a length of 0 ends a whole archive
  std::string path;
};
struct BeginUpload {      // -> UploadState
  std::string id, path;
  std::int64_t size = 0;
  bool replace = false;   // a file that is there at the end
};
struct LookAtUpload {     // -> UploadState
  std::string id;
};
struct ContinueUpload {   // then chunks as above; -> UploadState. The last byte puts the file in its place.
  std::string id;
  std::int64_t offset = 0;
};
struct DropUpload {       // -> Done
  std::string id;
};
struct MakeFolder {       // -> Done
  std::string path;
};
struct MoveEntry {        // -> Done; never onto something that exists
  std::string from, to;
};
struct RemoveEntry {      // -> Done; a folder with all it holds
  std::string path;
};
using FileRequest = std::variant<ListFolder, LookAt, ReadFile, ZipFolder, BeginUpload, LookAtUpload, ContinueUpload,
                                 DropUpload, MakeFolder, MoveEntry, RemoveEntry>;

// ---- answers ----
enum class FileKind : std::uint8_t { kFolder, kFile, kLink, kOther };

struct FileEntry {
  std::string name;
  FileKind kind = FileKind::kFile;
  std::int64_t size = 0;
  std::int64_t modified_ns = 0;  // since 1970
  std::uint64_t inode = 0;
};
struct Listing {
  std::vector<FileEntry> entries;
  std::string next;              // empty: that was all
  std::int64_t size_bytes = 0, free_bytes = 0;  // of the disk
};
struct UploadState {
  std::int64_t offset = 0, size = 0;
  std::string path;
};
struct FileDone {};
struct FileRefusal {
  base::Error error;
};
using FileAnswer = std::variant<FileRefusal, FileDone, FileEntry, Listing, UploadState>;

}  // namespace stipend::hostlink
