#include "control/commands/notices.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace stipend::control {
namespace {

using compute::NoticeKind;
using domain::Instance;

constexpr std::int64_t kAuditEveryMs = 60'000;
constexpr std::size_t kMostRemembered = 10'000;

static_assert(std::to_underlying(NoticeKind::kMemoryFull) == std::to_underlying(domain::NoticeKind::kOutOfMemory));
static_assert(std::to_underlying(NoticeKind::kDiskFilling) == std::to_underlying(domain::NoticeKind::kDiskFilling));

std::string audit_words(const compute::Notice& notice) {
  return notice.kind == NoticeKind::kMemoryFull ? fmt::format("memory full: {} MiB", notice.memory_mib)
                                                : fmt::format("disk {} % full", notice.percent);
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
