#include "store/memory/memory_store.hpp"

#include "domain/usage.hpp"
#include "store/apply.hpp"

namespace stipend::store {

base::Result<domain::State> MemoryStore::load() {
  const std::lock_guard lock(disk_->guard);
  epoch_ = ++disk_->epoch;
  return disk_->state;
}

std::string MemoryStore::degraded() const {
  const std::lock_guard lock(disk_->guard);
  return degraded_;
}

void MemoryStore::set_degraded(std::string why) {
  const std::lock_guard lock(disk_->guard);
  degraded_ = std::move(why);
}

bool MemoryStore::repeats_a_charge(const Batch& batch) const {
  std::int64_t next = disk_->state.last_entry + 1;
  for (const auto& change : batch) {
    const auto* put = std::get_if<Put<domain::Entry>>(&change);
    if (put == nullptr) continue;
    const auto& entry = *put->row;
    if (entry.number != next++) return true;
    if (disk_->posted.contains({entry.subject, entry.generation, entry.segment})) return true;
  }
  return false;
}

CommitResult MemoryStore::commit(const Batch& batch) {
  const std::lock_guard lock(disk_->guard);
  if (disk_->epoch != epoch_) return {Outcome::kFenced, "a newer server has taken over this state"};
  bool write = true;
  CommitResult result{Outcome::kCommitted, {}};
  if (!planned_.empty()) {
    const auto planned = planned_.front();
    planned_.pop_front();
    write = planned == Planned::kUnknownWritten || planned == Planned::kCommit;
    if (planned != Planned::kCommit)
      result = {planned == Planned::kFail ? Outcome::kFailed : Outcome::kUnknown, "as the test wants it"};
  }
  if (!write) return result;
  if (repeats_a_charge(batch)) return {Outcome::kFailed, "an entry is there already"};
  domain::UsageOf usage;
  for (const auto& change : batch) {
    apply(disk_->state, change);
    if (const auto* entry = std::get_if<Put<domain::Entry>>(&change)) {
      disk_->entries.push_back(*entry->row);
      disk_->posted.emplace(entry->row->subject, entry->row->generation, entry->row->segment);
      if (const auto more = usage.next(*entry->row)) {
        const auto [at, fresh] = disk_->usage.try_emplace({more->account, more->day, more->kind, more->type, more->catalogue, more->price, more->house}, *more);
        if (!fresh) {
          at->second.amount += more->amount;
          at->second.seconds += more->seconds;
        }
      }
    }
    if (const auto* audit = std::get_if<Put<domain::Audit>>(&change)) disk_->audits.push_back(*audit->row);
  }
  return result;
}

base::Result<std::vector<domain::Entry>> MemoryStore::entries(EntryQuery query) {
  const std::lock_guard lock(disk_->guard);
  std::vector<domain::Entry> out;
  for (const auto& entry : disk_->entries) {
    if (out.size() == query.limit) break;
    if (entry.number > query.after && (!query.account || entry.account == *query.account))
      out.push_back(entry);
  }
  return out;
}

base::Result<std::vector<domain::Audit>> MemoryStore::audits(AuditQuery query) {
  const std::lock_guard lock(disk_->guard);
  std::vector<domain::Audit> out;
  for (const auto& audit : disk_->audits) {
    if (out.size() == query.limit) break;
    if (audit.number > query.after && (query.target.empty() || audit.target == query.target))
      out.push_back(audit);
  }
  return out;
}

base::Result<std::vector<domain::UsageDay>> MemoryStore::usage(UsageQuery query) {
  const std::lock_guard lock(disk_->guard);
  std::vector<domain::UsageDay> out;
  for (auto at = disk_->usage.lower_bound({query.account, query.from, {}, {}, {}, {}, {}});
       at != disk_->usage.end() && at->second.account == query.account && at->second.day < query.until; ++at)
    out.push_back(at->second);
  return out;
}

}  // namespace stipend::store
