// Whose port it is, found a moment ago. A machine keeps its port while it exists and the port rests for days after, so a
// second too long never leads to another's machine. "Nobody's" is not kept. Thread-safe.
#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <unordered_map>

#include "base/ids.hpp"

namespace stipend::gateway {

class HolderCache {
 public:
  static constexpr std::int64_t kKeepMs = 1'000;

  std::optional<base::InstanceId> find(std::uint16_t port, std::int64_t now_ms) const {
    const std::lock_guard lock(guard_);
    const auto at = holders_.find(port);
    if (at == holders_.end() || now_ms >= at->second.until_ms) return std::nullopt;
    return at->second.instance;
  }
  void keep(std::uint16_t port, const base::InstanceId& instance, std::int64_t now_ms) {
    const std::lock_guard lock(guard_);
    holders_[port] = {instance, now_ms + kKeepMs};
  }

 private:
  struct Kept {
    base::InstanceId instance;
    std::int64_t until_ms = 0;
  };
  mutable std::mutex guard_;
  std::unordered_map<std::uint16_t, Kept> holders_;  // at most one a port
};

}  // namespace stipend::gateway
