#include "files/archive.hpp"

#include <archive.h>
#include <archive_entry.h>
#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <set>

#include "base/file_name.hpp"

namespace stipend::files {
namespace {

using base::fail;
using base::Fault;

constexpr std::int64_t kMaxArchiveEntries = 200'000;
constexpr std::int64_t kMaxArchiveBytes = 64LL << 30;
constexpr int kMaxDepth = 100;
constexpr std::size_t kMaxLeftOut = 256 * 1024;
constexpr std::size_t kReadStep = 256 * 1024;

struct Found {
  std::string name;
  bool folder = false;
};

base::Result<std::vector<Found>> names_in(const Fd& folder) {
  std::unique_ptr<DIR, int (*)(DIR*)> reading(fdopendir(::openat(folder.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)), closedir);
  if (!reading) return file_error(errno);
  std::vector<Found> found;
  while (const dirent* entry = readdir(reading.get())) {
    const std::string name = entry->d_name;
    if (name == "." || name == ".." || name == kStagingFolder) continue;
    if (static_cast<std::int64_t>(found.size()) > kMaxArchiveEntries) break;  // measure() refuses
    struct stat s{};
    bool is_folder = entry->d_type == DT_DIR;
    if (entry->d_type == DT_UNKNOWN) is_folder = fstatat(folder.get(), entry->d_name, &s, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(s.st_mode);
    found.push_back({name, is_folder});
  }
  std::ranges::sort(found, {}, &Found::name);
  return found;
}

}  // namespace

base::Result<Archive> Archive::plan(const Tree& tree, const std::string& path) {
  Archive made(tree, path);
  TRY_ASSIGN(const Fd folder, tree.open_folder(path));
  TRY(made.measure(folder, 0));
  return made;
}

base::Status Archive::measure(const Fd& folder, int depth) {
  TRY_ASSIGN(const auto found, names_in(folder));
  entries_ += static_cast<std::int64_t>(found.size());
  for (const auto& [name, is_folder] : found) {
    struct stat s{};
    if (is_folder && depth < kMaxDepth) {
      if (const auto inner = open_beneath(folder, name, O_RDONLY | O_DIRECTORY)) TRY(measure(*inner, depth + 1));
    } else if (fstatat(folder.get(), name.c_str(), &s, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(s.st_mode)) {
      bytes_ += s.st_size;
    }
  }
  if (entries_ > kMaxArchiveEntries)
    return fail(Fault::kNoRoom, "ArchiveTooLarge", fmt::format("This folder holds more than {} files. Download its folders one by one.", kMaxArchiveEntries));
  if (bytes_ > kMaxArchiveBytes || bytes_ < 0)
    return fail(Fault::kNoRoom, "ArchiveTooLarge", fmt::format("This folder holds more than {} GB. Download its folders or files one by one.", kMaxArchiveBytes >> 30));
  return {};
}

void Archive::leave_out(const std::string& name, std::string_view why) {
  if (left_out_.size() < kMaxLeftOut) left_out_ += fmt::format("{}: {}\r\n", name, why);
}

bool Archive::write(const Sink& sink) {
  const std::unique_ptr<struct archive, int (*)(struct archive*)> out(archive_write_new(), archive_write_free);
  out_ = out.get();
  // Stored, not compressed: a download is as fast as the line, and costs the class no CPU.
  if (archive_write_set_format_zip(out_) != ARCHIVE_OK || archive_write_zip_set_compression_store(out_) != ARCHIVE_OK ||
      archive_write_set_options(out_, "zip:hdrcharset=UTF-8") != ARCHIVE_OK || archive_write_set_bytes_per_block(out_, 128 * 1024) != ARCHIVE_OK ||
      archive_write_set_bytes_in_last_block(out_, 1) != ARCHIVE_OK)
    return false;
  const auto take = [](struct archive* a, void* to, const void* bytes, std::size_t size) -> la_ssize_t {
    if ((*static_cast<const Sink*>(to))({static_cast<const char*>(bytes), size})) return static_cast<la_ssize_t>(size);
    archive_set_error(a, EPIPE, "nobody listens");
    return -1;
  };
  if (archive_write_open(out_, const_cast<Sink*>(&sink), nullptr, take, nullptr) != ARCHIVE_OK) return false;
  const auto folder = tree_->open_folder(path_);
  const std::string top = path_.empty() ? "files" : base::harmless_name(path_.substr(path_.rfind('/') + 1));
  bool whole = folder && add_folder(*folder, top, 0);
  if (whole && !left_out_.empty()) whole = add_text(top + "/NOT-IN-THIS-ARCHIVE.txt", left_out_);
  whole = archive_write_close(out_) == ARCHIVE_OK && whole;
  out_ = nullptr;
  return whole;
}

// NOLINTNEXTLINE(misc-no-recursion): kMaxDepth
bool Archive::add_folder(const Fd& folder, const std::string& name, int depth) {
  const auto found = names_in(folder);
  if (!found) return leave_out(name, found.error().message), true;
  if (found->empty() && !add_text(name + "/", "")) return false;
  std::set<std::string> used;
  for (const auto& [raw, is_folder] : *found) {
    const std::string harmless = base::harmless_name(raw);
    std::string own = harmless;
    for (int n = 2; !used.insert(own).second; ++n) own = fmt::format("{}~{}", harmless, n);
    const std::string whole = name + "/" + own;
    if (is_folder && depth >= kMaxDepth) {
      leave_out(whole, "nested too deeply");
      continue;
    }
    auto inner = is_folder ? open_beneath(folder, raw, O_RDONLY | O_DIRECTORY) : open_beneath(folder, raw, O_RDONLY | O_NONBLOCK);
    if (!inner) {
      leave_out(whole, inner.error().code == "FileIsLink" ? "a link" : inner.error().message);
      continue;
    }
    if (is_folder) {
      if (!add_folder(*inner, whole, depth + 1)) return false;
      continue;
    }
    struct stat s{};
    if (fstat(inner->get(), &s) != 0 || !S_ISREG(s.st_mode)) {
      leave_out(whole, "a pipe, a socket or a device");
      continue;
    }
    if (!add_file(*std::move(inner), s, whole)) return false;
  }
  return true;
}

bool Archive::add_file(Fd file, const struct stat& s, const std::string& name) {
  const std::unique_ptr<archive_entry, void (*)(archive_entry*)> entry(archive_entry_new(), archive_entry_free);
  archive_entry_set_pathname(entry.get(), name.c_str());
  archive_entry_set_filetype(entry.get(), AE_IFREG);
  archive_entry_set_perm(entry.get(), (s.st_mode & 0111) != 0 ? 0755 : 0644);
  archive_entry_set_size(entry.get(), s.st_size);
  archive_entry_set_mtime(entry.get(), s.st_mtim.tv_sec, 0);
  if (archive_write_header(out_, entry.get()) != ARCHIVE_OK) return false;
  const auto buffer = std::make_unique_for_overwrite<char[]>(kReadStep);
  for (std::int64_t left = s.st_size; left > 0;) {
    const auto got = ::read(file.get(), buffer.get(), std::min<std::size_t>(kReadStep, static_cast<std::size_t>(left)));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0 || archive_write_data(out_, buffer.get(), static_cast<std::size_t>(got)) != got) return false;
    left -= got;
  }
  return archive_write_finish_entry(out_) == ARCHIVE_OK;
}

bool Archive::add_text(const std::string& name, const std::string& text) {
  const std::unique_ptr<archive_entry, void (*)(archive_entry*)> entry(archive_entry_new(), archive_entry_free);
  archive_entry_set_pathname(entry.get(), name.c_str());
  archive_entry_set_filetype(entry.get(), name.ends_with('/') ? AE_IFDIR : AE_IFREG);
  archive_entry_set_perm(entry.get(), name.ends_with('/') ? 0755 : 0644);
  archive_entry_set_size(entry.get(), static_cast<la_int64_t>(text.size()));
  return archive_write_header(out_, entry.get()) == ARCHIVE_OK &&
         archive_write_data(out_, text.data(), text.size()) == static_cast<la_ssize_t>(text.size()) &&
         archive_write_finish_entry(out_) == ARCHIVE_OK;
}

}  // namespace stipend::files
