// Routes found a moment ago, so that the hundred files of a page ask the engine once and not a hundred times. A route
// is kept for one second: so long a request may still go to a machine after its person signed out or its run ended. It
// then meets that same run or nobody, never another's machine: a route names an address, and addresses rest for
// minutes before they are given again. Refusals are not kept. Thread-safe.
#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>

#include "gateway/ports.hpp"

namespace stipend::gateway {

class RouteCache {
 public:
  static constexpr std::int64_t kKeepMs = 1'000;
  static constexpr std::size_t kMost = 4'096;

  std::optional<Route> find(const std::string& pass, const base::InstanceId& instance, std::int64_t now_ms) const {
    const std::lock_guard lock(guard_);
    const auto at = routes_.find(key(pass, instance));
    if (at == routes_.end() || now_ms >= at->second.until_ms) return std::nullopt;
    return at->second.route;
  }

  void keep(const std::string& pass, const base::InstanceId& instance, Route route, std::int64_t now_ms) {
    const std::lock_guard lock(guard_);
    if (routes_.size() >= kMost) routes_.clear();  // they come back with the next request of each
    routes_[key(pass, instance)] = {std::move(route), now_ms + kKeepMs};
  }

 private:
  struct Kept {
    Route route;
    std::int64_t until_ms = 0;
  };
  static std::string key(const std::string& pass, const base::InstanceId& instance) { return instance.str() + pass; }

  mutable std::mutex guard_;
  std::unordered_map<std::string, Kept> routes_;
};

}  // namespace stipend::gateway
