// The committed access keys, for signature checks from any thread without the strand: an immutable snapshot
// that each commit that changes keys replaces as a whole.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <unordered_map>

#include "domain/state.hpp"
#include "store/change.hpp"

namespace stipend::control {

class KeyDirectory {
 public:
  explicit KeyDirectory(const domain::State& state) {
    auto keys = std::make_shared<Keys>();
    for (const auto& [id, key] : state.access_keys) keys->emplace(id, key);
    now_.store(std::move(keys));
  }

  std::shared_ptr<const domain::AccessKey> find(const std::string& id) const {
    const auto keys = now_.load();
    const auto at = keys->find(id);
    return at == keys->end() ? nullptr : at->second;
  }

  // One at a time: whoever commits.
  void committed(const store::Batch& batch) {
    std::shared_ptr<Keys> next;
    const auto edit = [&]() -> Keys& {
      if (!next) next = std::make_shared<Keys>(*now_.load());
      return *next;
    };
    for (const auto& change : batch) {
      if (const auto* put = std::get_if<store::Put<domain::AccessKey>>(&change))
        edit()[put->row->access_key_id] = put->row;
      if (const auto* erase = std::get_if<store::Erase<domain::AccessKey>>(&change)) edit().erase(erase->key);
    }
    if (next) now_.store(std::move(next));
  }

 private:
  using Keys = std::unordered_map<std::string, std::shared_ptr<const domain::AccessKey>>;
  std::atomic<std::shared_ptr<const Keys>> now_;
};

}  // namespace stipend::control
