#include "files/uploads.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <memory>

#include "hostlink/file_codec.hpp"

namespace stipend::files {
namespace {

using base::fail;
using base::Fault;
using hostlink::UploadState;

constexpr std::int64_t kForgetAfterS = 7 * 86'400;
constexpr int kMaxStaged = 64;
constexpr std::int64_t kWriteOut = 8 << 20;  // so that little is left to be written when a machine wants the disk
constexpr int kNames = 99;
constexpr auto kLetGoWithin = std::chrono::seconds(10);

base::Status write_whole(const Fd& file, std::string_view bytes, std::int64_t at) {
  while (!bytes.empty()) {
    const auto n = ::pwrite(file.get(), bytes.data(), bytes.size(), at);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return file_error(n < 0 ? errno : EIO);
    bytes.remove_prefix(static_cast<std::size_t>(n));
    at += n;
  }
  return {};
}

// What nobody came back for. Answers how many are left.
int tidy(const Fd& folder) {
  std::unique_ptr<DIR, int (*)(DIR*)> reading(fdopendir(::openat(folder.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)), closedir);
  int left = 0;
  const auto now = ::time(nullptr);
  while (const dirent* entry = reading ? readdir(reading.get()) : nullptr) {
    struct stat s{};
    if (fstatat(folder.get(), entry->d_name, &s, AT_SYMLINK_NOFOLLOW) != 0 || S_ISDIR(s.st_mode)) continue;
    if (now - s.st_mtim.tv_sec > kForgetAfterS)
      unlinkat(folder.get(), entry->d_name, 0);
    else if (std::string_view(entry->d_name).ends_with(".part"))
      ++left;
  }
  return left;
}

// "notes.txt", then "notes (2).txt".
std::string numbered(const std::string& name, int number) {
  if (number == 1) return name;
  const auto dot = name.rfind('.');
  const auto stem = dot == std::string::npos || dot == 0 ? name.size() : dot;
  return fmt::format("{} ({}){}", name.substr(0, stem), number, name.substr(stem));
}

}  // namespace

void Uploads::forget(const Fd& folder, const std::string& id) {
  for (const char* kind : {".part", ".info"}) unlinkat(folder.get(), (id + kind).c_str(), 0);
}

base::Result<Fd> Uploads::staging(bool make) const {
  TRY_ASSIGN(Fd root, tree_.open_folder(""));
  if (make && mkdirat(root.get(), kStagingFolder, 0700) != 0 && errno != EEXIST) return file_error(errno);
  return open_beneath(root, kStagingFolder, O_RDONLY | O_DIRECTORY);
}

base::Result<UploadState> Uploads::begin(const hostlink::BeginUpload& wish) {
  TRY_ASSIGN(const auto place_for, tree_.place_of(wish.path));
  struct stat s{};
  if (fstatat(place_for.first.get(), place_for.second.c_str(), &s, AT_SYMLINK_NOFOLLOW) == 0) {
    if (S_ISDIR(s.st_mode)) return fail(Fault::kConflict, "FileIsFolder", "There is a folder of this name already.");
    if (!wish.replace) return file_error(EEXIST);
  }
  struct statvfs room{};
  if (fstatvfs(place_for.first.get(), &room) != 0) return file_error(errno);
  if (const auto free = static_cast<std::int64_t>(room.f_bavail * room.f_frsize); free < wish.size)
    return fail(Fault::kNoRoom, "DiskFull", fmt::format("The file has {} MB, and {} MB are free on the disk. Delete something first.",
                                                        (wish.size + 999'999) / 1'000'000, free / 1'000'000));
  TRY(reserve_.room_for(wish.size));
  TRY_ASSIGN(const Fd folder, staging(true));
  if (tidy(folder) >= kMaxStaged)
    return fail(Fault::kThrottled, "TooManyUploads", "Too many uploads are unfinished. Finish or cancel some of them first.");
  TRY_ASSIGN(const Fd part, open_beneath(folder, wish.id + ".part", O_WRONLY | O_CREAT | O_EXCL, 0644));
  const auto written = [&]() -> base::Status {
    TRY_ASSIGN(const Fd info, open_beneath(folder, wish.id + ".info", O_WRONLY | O_CREAT | O_EXCL, 0600));
    return write_whole(info, hostlink::encode(hostlink::FileRequest(wish)), 0);
  }();
  if (!written) {
    forget(folder, wish.id);
    return std::unexpected(written.error());
  }
  if (wish.size == 0) {
    TRY_ASSIGN(auto staged, open(wish.id));
    TRY(place(staged));
  }
  return UploadState{0, wish.size, wish.path};
}

base::Result<Uploads::Staged> Uploads::open(const std::string& id) const {
  const auto unknown = fail(Fault::kNotFound, "NoSuchUpload", "There is no such upload. It may have been finished, cancelled or forgotten after 7 days.");
  auto folder = staging(false);
  if (!folder) return unknown;
  Staged staged{.folder = *std::move(folder), .wish = {}, .part = {}, .offset = 0};
  auto info = open_beneath(staged.folder, id + ".info", O_RDONLY | O_NONBLOCK);
  if (!info) return unknown;
  std::string text(hostlink::kMaxFileRequestBytes, '\0');
  const auto got = ::read(info->get(), text.data(), text.size());
  text.resize(static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
  auto request = hostlink::decode_file_request(text);
  const auto* wish = request ? std::get_if<hostlink::BeginUpload>(&*request) : nullptr;
  if (!wish || wish->id != id) return unknown;
  staged.wish = *wish;
  staged.offset = wish->size;
  auto part = open_beneath(staged.folder, id + ".part", O_RDWR | O_NONBLOCK);
  if (!part && part.error().fault == Fault::kNotFound) return staged;
  if (!part) return std::unexpected(part.error());
  struct stat s{};
  if (fstat(part->get(), &s) != 0 || !S_ISREG(s.st_mode) || s.st_nlink != 1 || s.st_size > wish->size) return unknown;
  staged.part = *std::move(part);
  staged.offset = s.st_size;
  return staged;
}

base::Result<UploadState> Uploads::look(const std::string& id) {
  TRY_ASSIGN(const auto staged, open(id));
  return UploadState{staged.offset, staged.wish.size, staged.wish.path};
}

base::Status Uploads::claim(const std::string& id, int socket) {
  std::unique_lock lock(guard_);
  if (const auto at = active_.find(id); at != active_.end()) {
    ::shutdown(at->second, SHUT_RDWR);
    if (!released_.wait_for(lock, kLetGoWithin, [&] { return !active_.contains(id); }))
      return fail(Fault::kConflict, "UploadBusy", "The last part of this upload is still being written. Try again in a moment.");
  }
  active_[id] = socket;
  return {};
}

void Uploads::release(const std::string& id) {
  {
    const std::lock_guard lock(guard_);
    active_.erase(id);
  }
  released_.notify_all();
}

base::Result<UploadState> Uploads::go_on(const hostlink::ContinueUpload& wish, Channel& from) {
  TRY(claim(wish.id, from.socket()));
  auto done = [&]() -> base::Result<UploadState> {
    TRY_ASSIGN(auto staged, open(wish.id));
    if (wish.offset != staged.offset)
      return fail(Fault::kConflict, "OffsetMismatch", fmt::format("{} bytes are here already; go on from there.", staged.offset));
    TRY(reserve_.room_for(staged.wish.size - staged.offset));
    TRY(receive(staged, from));
    if (staged.part && staged.offset == staged.wish.size) TRY(place(staged));
    return UploadState{staged.offset, staged.wish.size, staged.wish.path};
  }();
  if (!done && done.error().code == host::kHostDiskFull)
    if (const auto folder = staging(false)) forget(*folder, wish.id);
  release(wish.id);
  return done;
}

base::Status Uploads::receive(Staged& staged, Channel& from) const {
  std::int64_t written_out = staged.offset;
  while (true) {
    TRY_ASSIGN(const std::string chunk, from.read_frame(hostlink::kMaxChunkBytes));
    if (chunk.empty()) return {};
    if (static_cast<std::int64_t>(chunk.size()) > staged.wish.size - staged.offset)
      return fail(Fault::kInvalid, "UploadTooLong", "More bytes came than the upload was said to have.");
    TRY(write_whole(staged.part, chunk, staged.offset));
    staged.offset += static_cast<std::int64_t>(chunk.size());
    if (staged.offset - written_out < kWriteOut) continue;
    sync_file_range(staged.part.get(), written_out, staged.offset - written_out, SYNC_FILE_RANGE_WRITE);
    written_out = staged.offset;
    TRY(reserve_.room_for(std::min(kWriteOut, staged.wish.size - staged.offset)));  // others write, too
  }
}

base::Status Uploads::place(Staged& staged) const {
  if (fsync(staged.part.get()) != 0) return file_error(errno);
  TRY_ASSIGN(const auto target, tree_.place_of(staged.wish.path));
  const std::string part = staged.wish.id + ".part";
  const unsigned flags = staged.wish.replace ? 0 : RENAME_NOREPLACE;
  for (int number = 1; number <= kNames; ++number) {  // something of that name may have come meanwhile
    if (renameat2(staged.folder.get(), part.c_str(), target.first.get(), numbered(target.second, number).c_str(), flags) == 0) {
      if (fsync(target.first.get()) != 0) return file_error(errno);
      staged.part.reset();
      return {};
    }
    if (errno != EEXIST) return file_error(errno);
  }
  return file_error(EEXIST);
}

base::Status Uploads::drop(const std::string& id) {
  TRY(claim(id, -1));
  const auto folder = staging(false);
  if (folder) forget(*folder, id);
  release(id);
  return {};
}

}  // namespace stipend::files
