#include "compute/lxc/translate.hpp"

#include <algorithm>
#include <utility>

namespace stipend::compute {

// The two enums are one list of words; a new one is added to both.
static_assert(std::to_underlying(Cause::kHostDisk) == std::to_underlying(hostlink::Cause::kHostDisk));
static_assert(std::to_underlying(Cause::kStartFailed) == std::to_underlying(hostlink::Cause::kStartFailed));
static_assert(std::to_underlying(NoticeKind::kDiskFilling) == std::to_underlying(hostlink::NoticeKind::kDiskFilling));
static_assert(std::to_underlying(NoticeKind::kHomeFilling) == std::to_underlying(hostlink::NoticeKind::kHomeFilling));
static_assert(std::to_underlying(Cause::kGuest) == std::to_underlying(hostlink::Cause::kGuest));
static_assert(std::to_underlying(Phase::kEnded) == std::to_underlying(hostlink::Phase::kEnded));

hostlink::RunKey to_link(const RunKey& key) {
  return {key.instance, key.generation};
}
hostlink::Cause to_link(Cause cause) {
  return static_cast<hostlink::Cause>(std::to_underlying(cause));
}

hostlink::Start to_link(const StartSpec& s, std::int64_t now_mono_ms) {
  hostlink::Start m;
  m.key = to_link(s.key);
  m.epoch = s.epoch;
  m.image = s.image;
  m.disk = s.root_disk;
  m.root_gib = s.root_gib;
  m.root_source = s.root_source;
  m.home = s.home_disk;
  m.home_gib = s.home_gib;
  m.course = s.course_disk;
  m.course_gib = s.course_gib;
  m.course_writable = s.course_writable;
  m.vcpus = s.size.vcpus;
  m.memory_mib = s.size.memory_mib;
  m.cpu_milli = s.size.cpu_milli;
  m.private_address = s.private_address;
  m.public_address = s.public_address;
  m.hostname = s.hostname;
  m.authorized_keys = s.authorized_keys;
  m.user_data = s.user_data;
  m.jupyter_token = s.jupyter_token;
  m.request_id = s.request_id;
  m.lease = {s.lease.seq, s.lease.run_max};
  m.deadline_mono_ms = std::max<std::int64_t>(0, now_mono_ms + s.start_within_ms);
  return m;
}

Notice from_link(const hostlink::Notice& n) {
  return {.key = {n.key.instance, n.key.generation},
          .kind = static_cast<NoticeKind>(std::to_underlying(n.kind)),
          .count = n.count,
          .over = n.over,
          .memory_mib = n.memory_mib,
          .percent = n.percent,
          .used_mib = n.used_mib,
          .size_mib = n.size_mib};
}

Report from_link(const hostlink::Report& r) {
  Report out;
  out.key = {r.key.instance, r.key.generation};
  out.phase = static_cast<Phase>(std::to_underlying(r.phase));
  out.ran = r.ran;
  out.lease_seq = r.lease_seq;
  out.cause = static_cast<Cause>(std::to_underlying(r.cause));
  out.halted_by_us = r.halted_by_us;
  out.known_to_end = r.known_to_end;
  out.host = r.host;
  out.boot_id = r.boot_id;
  out.detail = r.detail;
  return out;
}

}  // namespace stipend::compute
