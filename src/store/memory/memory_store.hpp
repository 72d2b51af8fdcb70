// MemoryStore: a Store without a disk, for tests. What commit() took survives in it as in a file: load()
// gives it back, under a new epoch, and an older epoch is fenced. plan_next() makes the next commits fail on
// purpose.
#pragma once

#include <deque>
#include <mutex>
#include <set>
#include <tuple>

#include "store/store.hpp"

namespace stipend::store {

// The durable part: outlives the stores opened on it, as a file outlives processes.
struct MemoryDisk {
  std::mutex guard;
  domain::State state;
  std::int64_t epoch = 0;
  std::vector<domain::Entry> entries;
  std::set<std::tuple<std::string, std::int64_t, std::int64_t>>
      posted;  // of each entry, as SQL's unique index
  std::vector<domain::Audit> audits;
  using UsageKey = std::tuple<domain::AccountId, domain::WallTime, domain::EntryKind, std::string, std::string, domain::Price, bool>;
  std::map<UsageKey, domain::UsageDay> usage;
};

// What the next commits do, one each; then all succeed.
enum class Planned : std::uint8_t { kCommit, kFail, kUnknownWritten, kUnknownLost };

class MemoryStore final : public Store {
 public:
  explicit MemoryStore(std::shared_ptr<MemoryDisk> disk) : disk_(std::move(disk)) {}

  base::Result<domain::State> load() override;
  std::int64_t epoch() const override { return epoch_; }
  CommitResult commit(const Batch& batch) override;
  std::string degraded() const override;
  void tend() override {}
  base::Result<std::vector<domain::Entry>> entries(EntryQuery query) override;
  base::Result<std::vector<domain::Audit>> audits(AuditQuery query) override;
  base::Result<std::vector<domain::UsageDay>> usage(UsageQuery query) override;

  void plan_next(Planned planned) { planned_.push_back(planned); }
  void set_degraded(std::string why);

 private:
  bool repeats_a_charge(const Batch& batch) const;

  std::shared_ptr<MemoryDisk> disk_;
  std::int64_t epoch_ = 0;
  std::deque<Planned> planned_;
  std::string degraded_;  // under disk_->guard
};

}  // namespace stipend::store
