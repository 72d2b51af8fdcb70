// The committed access keys that count, for signature checks from any thread without the strand: an immutable snapshot
// that each commit that changes keys, or who is suspended, replaces as a whole. Keys of suspended accounts are not found.
#pragma once

#include <atomic>
#include <memory>
#include <set>
#include <string>
#include <unordered_map>

#include "domain/state.hpp"
#include "store/change.hpp"

namespace stipend::control {

class KeyDirectory {
 public:
  explicit KeyDirectory(const domain::State& state) {
    auto snapshot = std::make_shared<Snapshot>();
    for (const auto& [id, key] : state.access_keys) snapshot->keys.emplace(id, key);
    for (const auto& [id, account] : state.accounts)
      if (is_suspended(*account)) snapshot->suspended.insert(id);
    now_.store(std::move(snapshot));
  }

  std::shared_ptr<const domain::AccessKey> find(const std::string& id) const {
    const auto now = now_.load();
    const auto at = now->keys.find(id);
    return at == now->keys.end() || now->suspended.contains(at->second->account) ? nullptr : at->second;
  }

  // One at a time: whoever commits.
  void committed(const store::Batch& batch) {
    const auto now = now_.load();
    std::shared_ptr<Snapshot> next;
    const auto edit = [&]() -> Snapshot& {
      if (!next) next = std::make_shared<Snapshot>(*now);
      return *next;
    };
    for (const auto& change : batch) {
      if (const auto* put = std::get_if<store::Put<domain::AccessKey>>(&change))
        edit().keys[put->row->access_key_id] = put->row;
      if (const auto* erase = std::get_if<store::Erase<domain::AccessKey>>(&change)) edit().keys.erase(erase->key);
      if (const auto* put = std::get_if<store::Put<domain::Account>>(&change)) {
        const auto& account = *put->row;
        if ((next ? *next : *now).suspended.contains(account.id) == is_suspended(account)) continue;
        if (is_suspended(account)) edit().suspended.insert(account.id);
        else edit().suspended.erase(account.id);
      }
    }
    if (next) now_.store(std::move(next));
  }

 private:
  struct Snapshot {
    std::unordered_map<std::string, std::shared_ptr<const domain::AccessKey>> keys;
    std::set<base::AccountId> suspended;
  };
  static bool is_suspended(const domain::Account& account) { return account.status == domain::AccountStatus::kSuspended; }

  std::atomic<std::shared_ptr<const Snapshot>> now_;
};

}  // namespace stipend::control
