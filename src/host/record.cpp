#include "host/record.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <optional>

#include "host/fd.hpp"
#include "hostlink/fields.hpp"

namespace stipend::host {
namespace {

using nlohmann::json;

constexpr off_t kSlotBytes = 4 << 20;  // sparse; 10 000 machines fit
constexpr std::size_t kHeadBytes = 64;

std::uint64_t checksum(std::string_view text) {  // FNV-1a: against torn writes, not against people
  std::uint64_t h = 14695981039346656037ULL;
  for (const char c : text) h = (h ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
  return h;
}

std::string text_of(const Record& record) {
  json entries = json::array();
  for (const auto& e : record.entries)
    entries.push_back({{"instance", e.key.instance.str()},
                       {"generation", e.key.generation},
                       {"ran_s", e.ran.count},
                       {"seq", e.lease.seq},
                       {"run_max_s", e.lease.run_max.count}});
  return json{{"sequence", record.sequence}, {"boot_id", record.boot_id}, {"entries", entries}}.dump();
}

std::optional<Record> record_of(std::string_view text) {
  const json j = json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!j.is_object()) return std::nullopt;
  hostlink::Fields f(j);
  Record record;
  record.sequence = static_cast<std::uint64_t>(f.integer("sequence", 0, INT64_MAX));
  record.boot_id = f.text("boot_id", 64);
  const json* list = f.array("entries", 100'000);
  if (!f.fault()) return std::nullopt;
  for (const auto& item : *list) {
    if (!item.is_object()) return std::nullopt;
    hostlink::Fields entry(item);
    RecordEntry& e = record.entries.emplace_back();
    entry.id("instance", e.key.instance);
    e.key.generation = entry.integer("generation", 1, INT64_MAX);
    e.ran.count = entry.integer("ran_s", 0, hostlink::kMaxRunSeconds);
    e.lease.seq = entry.integer("seq", 0, INT64_MAX);
    e.lease.run_max.count = entry.integer("run_max_s", 0, hostlink::kMaxRunSeconds);
    if (!entry.fault()) return std::nullopt;
  }
  return record;
}

std::string head_of(std::string_view body) {
  char head[kHeadBytes + 1];
  std::snprintf(head, sizeof head, "%020zu %020llu", body.size(),
                static_cast<unsigned long long>(checksum(body)));
  std::string padded(head);
  padded.resize(kHeadBytes - 1, ' ');
  return padded + "\n";
}

std::optional<Record> read_slot(const Fd& fd, int slot) {
  std::string head(kHeadBytes, '\0');
  const off_t at = slot * kSlotBytes;
  if (::pread(fd.get(), head.data(), head.size(), at) != static_cast<ssize_t>(head.size()))
    return std::nullopt;
  const auto size = std::strtoull(head.c_str(), nullptr, 10);
  if (size == 0 || size > kSlotBytes - kHeadBytes) return std::nullopt;
  std::string body(size, '\0');
  if (::pread(fd.get(), body.data(), size, at + static_cast<off_t>(kHeadBytes)) != static_cast<ssize_t>(size))
    return std::nullopt;
  if (head_of(body) != head) return std::nullopt;
  return record_of(body);
}

}  // namespace

const RecordEntry* Record::find(const hostlink::RunKey& key) const {
  for (const auto& e : entries)
    if (e.key == key) return &e;
  return nullptr;
}

base::Result<Record> read_record(const std::string& path) {
  Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (!fd && errno == ENOENT) return Record{};
  if (!fd) return base::fail_errno("open " + path, errno);
  Record best;
  for (int slot = 0; slot < 2; ++slot)
    if (auto record = read_slot(fd, slot); record && record->sequence >= best.sequence)
      best = *std::move(record);
  return best;
}

base::Status write_record(const std::string& path, const Record& record) {
  Fd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!fd) return base::fail_errno("open " + path, errno);
  const std::string body = text_of(record);
  const std::string whole = head_of(body) + body;
  if (static_cast<off_t>(whole.size()) > kSlotBytes)
    return base::fail(base::Fault::kInternal, "RecordTooLong", "too many machines for one record");
  const off_t at = static_cast<off_t>(record.sequence % 2) * kSlotBytes;
  if (::pwrite(fd.get(), whole.data(), whole.size(), at) != static_cast<ssize_t>(whole.size()))
    return base::fail_errno("write " + path, errno);
  if (::fdatasync(fd.get()) != 0) return base::fail_errno("fdatasync " + path, errno);
  return {};
}

}  // namespace stipend::host
