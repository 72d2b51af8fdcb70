#include "control/commands/notices.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <sstream>
#include <utility>

namespace stipend::control {
namespace {

using compute::NoticeKind;
using domain::Instance;

constexpr std::int64_t kAuditEveryMs = 60'000;
constexpr std::size_t kMostRemembered = 10'000;

static_assert(std::to_underlying(NoticeKind::kMemoryFull) == std::to_underlying(domain::NoticeKind::kOutOfMemory));
static_assert(std::to_underlying(NoticeKind::kDiskFilling) == std::to_underlying(domain::NoticeKind::kDiskFilling));
static_assert(std::to_underlying(NoticeKind::kHomeFilling) == std::to_underlying(domain::NoticeKind::kHomeFilling));

std::string audit_words(const compute::Notice& notice) {
  switch (notice.kind) {
    case NoticeKind::kMemoryFull: return fmt::format("memory full: {} MiB", notice.memory_mib);
    case NoticeKind::kDiskFilling: return fmt::format("disk {} % full", notice.percent);
    case NoticeKind::kHomeFilling: return fmt::format("home {} % full", notice.percent);
  }
  return "";
}

std::string folder_setting(const base::DiskId& disk) { return "folder-fills/" + disk.str(); }

std::optional<FolderFills> fills_in(const domain::State& state, const base::DiskId& disk) {
  const auto* row = state.find<domain::Setting>(folder_setting(disk));
  if (!row) return std::nullopt;
  FolderFills fills;
  std::istringstream text(row->value);
  if (!(text >> fills.at.ms >> fills.percent >> fills.used_mib >> fills.size_mib)) return std::nullopt;  // empty: it has room
  return fills;
}

}  // namespace

base::Status handle_notice(Tx& tx, const compute::Notice& notice) {
  const auto* row = tx.state().find<Instance>(notice.key.instance);
  if (!row || !row->run || row->run->generation != notice.key.generation) return {};
  const auto kind = static_cast<domain::NoticeKind>(std::to_underlying(notice.kind));
  const auto known = std::ranges::find(row->notices, kind, &domain::Notice::kind);
  const bool has = known != row->notices.end();
  if (has ? known->count > notice.count || (known->count == notice.count && !notice.over) : notice.over) return {};
  Instance instance = *row;
  std::erase_if(instance.notices, [&](const domain::Notice& n) { return n.kind == kind; });
  if (!notice.over) {
    if (!has || known->at.ms_until(tx.now()) >= kAuditEveryMs) tx.audit("notice", instance.id.str(), audit_words(notice));
    instance.notices.push_back({kind, tx.now(), kind == domain::NoticeKind::kOutOfMemory ? notice.memory_mib : notice.percent,
                                notice.used_mib, notice.size_mib, notice.count});
  }
  tx.save(std::move(instance));
  return {};
}

std::optional<FolderFills> folder_fills(const domain::State& state, const domain::Course& course) {
  return course.folder.empty() ? std::nullopt : fills_in(state, course.folder);
}

base::Status handle_folder_use(Tx& tx, const compute::FolderUse& use) {
  const auto* disk = tx.state().find<domain::Disk>(use.disk);
  const auto known = fills_in(tx.state(), use.disk);
  const bool is_folder = disk && disk->kind == domain::DiskKind::kCourse && !disk->deleted;
  if (!is_folder || use.percent < (known ? kFolderHasRoom : kFolderFills)) {
    if (known) tx.save(domain::Setting{folder_setting(use.disk), ""});
    return {};
  }
  if (!known) tx.audit("notice", use.disk.str(), fmt::format("course folder {} % full", use.percent));
  tx.save(domain::Setting{folder_setting(use.disk),
                          fmt::format("{} {} {} {}", (known ? known->at : tx.now()).ms, use.percent, use.used_mib, use.size_mib)});
  return {};
}

NoticeFilter::Said NoticeFilter::said(const compute::Notice& notice) {
  return {notice.key.generation, notice.count, notice.over};
}

bool NoticeFilter::is_news(const compute::Notice& notice) {
  if (said_.size() > kMostRemembered) said_.clear();  // each is only said once too often then
  auto& last = said_[{notice.key.instance, notice.kind}];
  if (said(notice) <= last) return false;
  last = said(notice);
  return true;
}

void NoticeFilter::forget(const compute::Notice& notice) {
  said_.erase({notice.key.instance, notice.kind});
}

}  // namespace stipend::control
