// How often wrong secrets may be tried: so many in a window for one address (or account), more for all together. Right ones cost
// nothing, so a whole class behind one address joins unhindered. Thread-safe; bounded.
#pragma once

#include <cstdint>
#include <mutex>
#include <string>
#include <unordered_map>

namespace stipend::gateway {

class GuessLimit {
 public:
  static constexpr std::int64_t kWindowMs = 10 * 60'000;
  static constexpr int kOneAddress = 20, kTogether = 500;
  static constexpr std::size_t kMostAddresses = 10'000;

  explicit GuessLimit(int one = kOneAddress) : one_(one) {}

  bool may_try(const std::string& address, std::int64_t now_ms) {
    const std::lock_guard lock(guard_);
    turn(now_ms);
    return may(address);
  }

  // May it try? Then the try counts as a wrong one until forgive(): many at the same time are no more than one after another.
  bool begin(const std::string& address, std::int64_t now_ms) {
    const std::lock_guard lock(guard_);
    turn(now_ms);
    if (!may(address)) return false;
    count(address);
    return true;
  }
  void forgive(const std::string& address) {
    const std::lock_guard lock(guard_);
    const auto at = failed_.find(address);
    if (at == failed_.end() || at->second == 0) return;  // of a window that is over
    --at->second;
    --together_;
  }

  void failed(const std::string& address, std::int64_t now_ms) {
    const std::lock_guard lock(guard_);
    turn(now_ms);
    count(address);
  }

 private:
  bool may(const std::string& address) const {
    const auto at = failed_.find(address);
    return together_ < kTogether && (at == failed_.end() || at->second < one_);
  }
  void count(const std::string& address) {
    ++together_;
    if (failed_.size() < kMostAddresses || failed_.contains(address)) ++failed_[address];
  }
  void turn(std::int64_t now_ms) {
    if (now_ms < begun_ms_ + kWindowMs && begun_ms_ != 0) return;
    begun_ms_ = now_ms;
    together_ = 0;
    failed_.clear();
  }

  const int one_;
  std::mutex guard_;
  std::int64_t begun_ms_ = 0;
  int together_ = 0;
  std::unordered_map<std::string, int> failed_;
};

}  // namespace stipend::gateway
