#include "host/flow_store.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>

namespace stipend::host {
namespace {

constexpr std::string_view kEnding = ".flows";
constexpr std::int64_t kDayMs = 86'400'000;
constexpr std::size_t kMostBuffered = 64 << 20;

std::optional<std::int64_t> start_of(std::string_view name) {
  if (!name.ends_with(kEnding)) return std::nullopt;
  name.remove_suffix(kEnding.size());
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), value);
  if (error != std::errc{} || end != name.data() + name.size() || value <= 0) return std::nullopt;
  return value;
}

}  // namespace

std::vector<FlowSegment> flow_segments(const std::string& folder) {
  std::vector<FlowSegment> out;
  DIR* dir = ::opendir(folder.c_str());
  if (dir == nullptr) return out;
  while (const dirent* entry = ::readdir(dir)) {
    const auto start = start_of(entry->d_name);
    struct stat s{};
    if (start && ::fstatat(::dirfd(dir), entry->d_name, &s, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(s.st_mode))
      out.push_back({*start, entry->d_name, s.st_size});
  }
  ::closedir(dir);
  std::ranges::sort(out, {}, &FlowSegment::start_ms);
  return out;
}

FlowStore::FlowStore(std::string folder, FlowLimits limits, FreeBytes free)
    : folder_(std::move(folder)), limits_(limits), free_(std::move(free)) {
  limits_.segment_bytes = std::min(limits_.segment_bytes, limits_.bytes / 8);
}

bool FlowStore::due(std::int64_t now_ms) const {
  return !file_ || now_ms - start_ms_ >= limits_.segment_ms ||
         bytes_ + static_cast<std::int64_t>(buffer_.size()) - listed_bytes_ >= limits_.segment_bytes;
}

base::Status FlowStore::begin(std::int64_t now_ms) {
  (void)flush();
  prune(now_ms);
  const auto segments = flow_segments(folder_);
  start_ms_ = now_ms;  // names stay in order although the clock was set back
  if (!segments.empty()) start_ms_ = std::max(start_ms_, segments.back().start_ms + 1);
  current_ = fmt::format("{:013}{}", start_ms_, kEnding);
  file_ = Fd(::open((folder_ + "/" + current_).c_str(), O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600));
  bytes_ = listed_bytes_ = 0;
  if (!file_) return base::fail_errno("create " + current_, errno);
  if (Fd folder(::open(folder_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)); folder) ::fsync(folder.get());
  return {};
}

void FlowStore::add(const FlowRecord& record) {
  if (buffer_.size() >= kMostBuffered) return void(++lost_);
  const FlowBytes bytes = encode(record);
  buffer_.append(bytes.data(), bytes.size());
}

base::Status FlowStore::flush() {
  if (buffer_.empty()) return {};
  const auto drop = [&] {
    lost_ += static_cast<std::int64_t>(buffer_.size() / kFlowBytes);
    buffer_.clear();
  };
  if (!file_) {
    drop();
    return base::fail(base::Fault::kUnavailable, "NoSegment", "the log has no file to write to");
  }
  if (free_() < limits_.free_bytes + static_cast<std::int64_t>(buffer_.size())) {
    drop();
    return base::fail(base::Fault::kUnavailable, "DiskFull",
                      fmt::format("the disk has less than {} MiB free, which the log of connections leaves alone",
                                  limits_.free_bytes >> 20));
  }
  const ssize_t n = ::write(file_.get(), buffer_.data(), buffer_.size());
  if (n != static_cast<ssize_t>(buffer_.size())) {
    const int why = n < 0 ? errno : ENOSPC;
    if (n > 0) [[maybe_unused]] const int cut = ::ftruncate(file_.get(), bytes_);  // whole records only
    drop();
    return base::fail_errno("write the log of connections", why);
  }
  bytes_ += n;
  buffer_.clear();
  if (::fdatasync(file_.get()) != 0) return base::fail_errno("sync the log of connections", errno);
  return {};
}

std::int64_t FlowStore::prune(std::int64_t now_ms) {
  auto segments = flow_segments(folder_);
  std::int64_t total = 0;
  for (const auto& segment : segments) total += segment.bytes;
  const std::int64_t oldest = now_ms - limits_.days * kDayMs;
  while (!segments.empty() && segments.front().name != current_) {
    const std::int64_t end = segments.size() > 1 ? segments[1].start_ms : segments[0].start_ms + limits_.segment_ms;
    if (end >= oldest && total <= limits_.bytes) break;
    if (::unlink((folder_ + "/" + segments.front().name).c_str()) != 0 && errno != ENOENT) break;
    total -= segments.front().bytes;
    segments.erase(segments.begin());
  }
  return segments.empty() ? 0 : segments.front().start_ms;
}

}  // namespace stipend::host
