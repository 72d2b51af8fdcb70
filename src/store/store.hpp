// Store: where committed rows live. One writer. commit() and tend() block and are called one at a
// time; load() once, before. Entry (subject, generation, segment) and entry numbers are unique in
// SQL, so a replay after a crash cannot charge twice.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "store/change.hpp"

namespace stipend::store {

enum class Outcome : std::uint8_t {
  kCommitted,
  kFailed,   // nothing was written; nothing may be promised (disk full, locked)
  kFenced,   // another process took a newer epoch: exit and reload
  kUnknown,  // may or may not be written: exit and reload
};

struct CommitResult {
  Outcome outcome = Outcome::kFailed;
  std::string detail;
};

struct EntryQuery {
  std::optional<domain::AccountId> account;
  std::int64_t after = 0;  // entry number
  std::size_t limit = 1000;
};

struct AuditQuery {
  std::string target;  // empty: all
  std::int64_t after = 0;
  std::size_t limit = 1000;
};

// Days that began in [from, until).
struct UsageQuery {
  domain::AccountId account;
  domain::WallTime from, until;
};

class Store {
 public:
  virtual ~Store() = default;
  // Takes the next epoch (fencing every older process) and reads all live rows.
  virtual base::Result<domain::State> load() = 0;
  virtual std::int64_t epoch() const = 0;
  virtual CommitResult commit(const Batch& batch) = 0;
  // Room on the disk ran out: what was set aside for it is in use so that stops and charges still commit, and
  // whoever decides must not begin anything new. Empty: all is well; else one sentence with the cure. Any
  // thread.
  virtual std::string degraded() const = 0;
  // Now and then, between commits: ends degraded() once there is room again.
  virtual void tend() = 0;
  // Read-only, any thread, what is committed.
  virtual base::Result<std::vector<domain::Entry>> entries(EntryQuery query) = 0;
  virtual base::Result<std::vector<domain::Audit>> audits(AuditQuery query) = 0;
  // By day, kind, type, catalogue, price. What is committed, as entries().
  virtual base::Result<std::vector<domain::UsageDay>> usage(UsageQuery query) = 0;
};

}  // namespace stipend::store
