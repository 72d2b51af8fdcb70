#include "files/tree.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <vector>

namespace stipend::files {
namespace {

using base::fail;
using base::Fault;
using hostlink::FileEntry;
using hostlink::FileKind;
using hostlink::Listing;

constexpr int kMaxDepth = 200;                          // of a folder that is removed
constexpr std::size_t kListingBytes = 3 * 1024 * 1024;  // below the largest answer

using Folder = std::unique_ptr<DIR, int (*)(DIR*)>;

Folder read_folder(Fd folder) { return {fdopendir(folder.release()), closedir}; }

bool is_dots(const char* name) { return name[0] == '.' && (name[1] == '\0' || (name[1] == '.' && name[2] == '\0')); }

bool is_folder(int folder, const dirent& entry) {
  if (entry.d_type != DT_UNKNOWN) return entry.d_type == DT_DIR;
  struct stat s{};
  return fstatat(folder, entry.d_name, &s, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(s.st_mode);
}

// The first `limit` + 1 of the folder's names behind `after`, in order. Whatever its size, no more are kept than that
// twice: a cursor is a name, so a page costs one reading of the folder and nothing is remembered between pages.
std::vector<std::string> first_names(DIR* folder, const hostlink::ListFolder& wish) {
  const auto most = static_cast<std::size_t>(wish.limit) + 1;
  std::vector<std::string> keys;
  while (const dirent* entry = readdir(folder)) {
    if (is_dots(entry->d_name) || (wish.path.empty() && std::string_view(entry->d_name) == kStagingFolder)) continue;
    std::string key = (is_folder(dirfd(folder), *entry) ? "d" : "f") + std::string(entry->d_name);
    if (key <= wish.after) continue;
    keys.push_back(std::move(key));
    if (keys.size() < 2 * most) continue;
    std::ranges::nth_element(keys, keys.begin() + static_cast<std::ptrdiff_t>(most));
    keys.resize(most);
  }
  std::ranges::sort(keys);
  if (keys.size() > most) keys.resize(most);
  return keys;
}

base::Status remove_folder(const Fd& parent, const std::string& name, int depth) {
  if (depth > kMaxDepth)
    return fail(Fault::kInvalid, "FolderTooDeep", "This folder holds folders nested too deeply. Delete the inner ones first.");
  TRY_ASSIGN(Fd folder, open_beneath(parent, name, O_RDONLY | O_DIRECTORY));
  // Read to the end before anything goes: a folder that changes while it is read may skip entries.
  for (bool found = true; found;) {
    found = false;
    Folder reading = read_folder(Fd(::openat(folder.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)));
    if (!reading) return file_error(errno);
    while (const dirent* entry = readdir(reading.get())) {
      if (is_dots(entry->d_name)) continue;
      found = true;
      if (is_folder(folder.get(), *entry))
        TRY(remove_folder(folder, entry->d_name, depth + 1));
      else if (unlinkat(folder.get(), entry->d_name, 0) != 0)
        return file_error(errno);
    }
  }
  if (unlinkat(parent.get(), name.c_str(), AT_REMOVEDIR) != 0) return file_error(errno);
  return {};
}

}  // namespace

std::unexpected<base::Error> file_error(int number) {
  switch (number) {
    case ENOENT: case ENOTDIR: return fail(Fault::kNotFound, "NoSuchFile", "There is no such file or folder.");
    case EEXIST: case ENOTEMPTY: return fail(Fault::kConflict, "FileExists", "There is something of this name already.");
    case EACCES: case EPERM: return fail(Fault::kDenied, "FileDenied", "This belongs to another user of the machine, such as root. Start the machine and use sudo.");
    case ELOOP: return fail(Fault::kDenied, "FileIsLink", "A link is not followed here. Open what it points to.");
    case EXDEV: return fail(Fault::kDenied, "FileElsewhere", "This cannot be moved here. Start the machine and move it there.");
    case EISDIR: return fail(Fault::kInvalid, "FileIsFolder", "This is a folder.");
    case ENOSPC: case EDQUOT: return fail(Fault::kNoRoom, "DiskFull", "The disk is full. Delete something first.");
    case ENAMETOOLONG: return fail(Fault::kInvalid, "NameTooLong", "The name or the path is too long.");
    case EROFS: return fail(Fault::kDenied, "FileReadOnly", "This can only be read.");
    default: return base::fail_errno("read or write a file of the disk", number);
  }
}

base::Result<Fd> open_beneath(const Fd& folder, const std::string& path, std::uint64_t flags, mode_t mode) {
  open_how how{};
  how.flags = flags | O_CLOEXEC | O_NOFOLLOW;
  how.mode = mode;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_XDEV;
  Fd fd(static_cast<int>(syscall(SYS_openat2, folder.get(), path.empty() ? "." : path.c_str(), &how, sizeof how)));
  if (!fd) return file_error(errno);
  return fd;
}

FileEntry entry_of(std::string name, const struct stat& s) {
  const auto kind = S_ISDIR(s.st_mode)   ? FileKind::kFolder
                    : S_ISREG(s.st_mode) ? FileKind::kFile
                    : S_ISLNK(s.st_mode) ? FileKind::kLink
                                         : FileKind::kOther;
  return {std::move(name), kind, kind == FileKind::kFile ? s.st_size : 0,
          s.st_mtim.tv_sec * 1'000'000'000 + s.st_mtim.tv_nsec, s.st_ino};
}

base::Result<Fd> Tree::open_folder(const std::string& path) const {
  auto folder = open_beneath(root_, path, O_RDONLY | O_DIRECTORY);
  return folder;
}

base::Result<std::pair<Fd, std::string>> Tree::place_of(const std::string& path) const {
  if (path.empty()) return fail(Fault::kInvalid, "InvalidPath", "This is the whole folder; name something in it.");
  const auto slash = path.rfind('/');
  TRY_ASSIGN(Fd folder, open_folder(slash == std::string::npos ? "" : path.substr(0, slash)));
  return std::pair(std::move(folder), path.substr(slash + 1));
}

base::Result<Listing> Tree::list(const hostlink::ListFolder& wish) const {
  TRY_ASSIGN(Fd folder, open_folder(wish.path));
  Listing listing;
  struct statvfs room{};
  if (fstatvfs(folder.get(), &room) == 0) {
    listing.size_bytes = static_cast<std::int64_t>(room.f_blocks * room.f_frsize);
    listing.free_bytes = static_cast<std::int64_t>(room.f_bavail * room.f_frsize);
  }
  Folder reading = read_folder(std::move(folder));
  if (!reading) return file_error(errno);
  const auto keys = first_names(reading.get(), wish);
  std::size_t bytes = 0;
  for (const auto& key : keys) {
    if (listing.entries.size() == static_cast<std::size_t>(wish.limit) || bytes > kListingBytes) return listing;
    std::string name = key.substr(1);
    struct stat s{};
    listing.next = key;
    if (fstatat(dirfd(reading.get()), name.c_str(), &s, AT_SYMLINK_NOFOLLOW) != 0) continue;
    bytes += name.size() + 64;
    listing.entries.push_back(entry_of(std::move(name), s));
  }
  listing.next.clear();
  return listing;
}

base::Result<FileEntry> Tree::look(const std::string& path) const {
  const auto slash = path.rfind('/');
  struct stat s{};
  if (path.empty()) {
    if (fstat(root_.get(), &s) != 0) return file_error(errno);
    return entry_of("", s);
  }
  TRY_ASSIGN(const auto place, place_of(path));
  if (fstatat(place.first.get(), place.second.c_str(), &s, AT_SYMLINK_NOFOLLOW) != 0) return file_error(errno);
  return entry_of(path.substr(slash + 1), s);
}

base::Result<std::pair<Fd, FileEntry>> Tree::open_file(const std::string& path) const {
  // O_NONBLOCK: a pipe in the place of the file must not hold us.
  TRY_ASSIGN(Fd fd, open_beneath(root_, path, O_RDONLY | O_NONBLOCK));
  struct stat s{};
  if (fstat(fd.get(), &s) != 0) return file_error(errno);
  if (S_ISDIR(s.st_mode)) return file_error(EISDIR);
  if (!S_ISREG(s.st_mode)) return fail(Fault::kInvalid, "NotAFile", "This is a pipe, a socket or a device, not a file.");
  return std::pair(std::move(fd), entry_of(path.substr(path.rfind('/') + 1), s));
}

base::Status Tree::make_folder(const std::string& path) const {
  TRY_ASSIGN(const auto place, place_of(path));
  if (mkdirat(place.first.get(), place.second.c_str(), 0755) != 0) return file_error(errno);
  return {};
}

base::Status Tree::move(const std::string& from, const std::string& to) const {
  TRY_ASSIGN(const auto old, place_of(from));
  TRY_ASSIGN(const auto place, place_of(to));
  if (renameat2(old.first.get(), old.second.c_str(), place.first.get(), place.second.c_str(), RENAME_NOREPLACE) == 0) return {};
  if (errno == EINVAL) return fail(Fault::kInvalid, "InvalidPath", "A folder cannot be moved into itself.");
  if (errno == EXDEV)
    return fail(Fault::kDenied, "FileElsewhere", "This folder came with the image and cannot be renamed from here. Start the machine and rename it there.");
  return file_error(errno);
}

base::Status Tree::remove(const std::string& path) const {
  TRY_ASSIGN(const auto place, place_of(path));
  if (unlinkat(place.first.get(), place.second.c_str(), 0) == 0) return {};
  if (errno == EISDIR) return remove_folder(place.first, place.second, 0);
  return file_error(errno);
}

}  // namespace stipend::files
