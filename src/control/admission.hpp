// Admission to the strand: one looping script must not be everyone's latency. Every account has a bounded
// queue and a token bucket; the queues are served round robin, and the system's own commands (reports,
// renewals, the operator) every second turn, so that no crowd of accounts can starve a stop. Not thread-safe:
// the engine locks.
#pragma once

#include <algorithm>
#include <deque>
#include <map>
#include <optional>

#include "base/ids.hpp"
#include "base/result.hpp"
#include "control/engine.hpp"

namespace stipend::control {

template <class Item>
class Admission {
 public:
  explicit Admission(const EngineOptions& options) : options_(options) {}

  // Whether a command of this account (empty: the system) may come now; takes its token.
  base::Status may_push(const base::AccountId& account, std::int64_t mono_ms) {
    if (account.empty()) {
      if (system_.size() >= options_.queue_system)
        return base::fail(base::Fault::kThrottled, "ServiceUnavailable",
                          "the server is overloaded: try again later");
      return {};
    }
    auto& queue =
        queues_.try_emplace(account, Queue{{}, options_.commands_burst, mono_ms, false}).first->second;
    refill(queue, mono_ms);
    if (queue.tokens < 1 || queue.items.size() >= options_.queue_per_account)
      return base::fail(base::Fault::kThrottled, "RequestLimitExceeded", "Request limit exceeded.");
    queue.tokens -= 1;
    if (++pushes_ % 4096 == 0) forget_idle(mono_ms, account);
    return {};
  }

  // Only after may_push() said yes.
  void push(const base::AccountId& account, Item item) {
    if (account.empty()) return system_.push_back(std::move(item));
    auto& queue = queues_.at(account);
    queue.items.push_back(std::move(item));
    if (!queue.in_turn) turns_.push_back(account);
    queue.in_turn = true;
  }

  bool empty() const { return system_.empty() && turns_.empty(); }

  std::optional<Item> pop() {
    system_turn_ = !system_turn_;
    if (!system_.empty() && (system_turn_ || turns_.empty())) {
      Item item = std::move(system_.front());
      system_.pop_front();
      return item;
    }
    if (turns_.empty()) return std::nullopt;
    const auto account = turns_.front();
    turns_.pop_front();
    auto& queue = queues_.at(account);
    Item item = std::move(queue.items.front());
    queue.items.pop_front();
    queue.in_turn = !queue.items.empty();
    if (queue.in_turn) turns_.push_back(account);
    return item;
  }

 private:
  struct Queue {
    std::deque<Item> items;
    double tokens;
    std::int64_t refilled_ms;
    bool in_turn;
  };

  void refill(Queue& queue, std::int64_t mono_ms) {
    const double earned =
        static_cast<double>(mono_ms - queue.refilled_ms) * options_.commands_per_second / 1000;
    queue.tokens = std::min(options_.commands_burst, queue.tokens + std::max(earned, 0.0));
    queue.refilled_ms = mono_ms;
  }
  void forget_idle(std::int64_t mono_ms, const base::AccountId& but) {
    for (auto at = queues_.begin(); at != queues_.end();) {
      auto& queue = at->second;
      refill(queue, mono_ms);
      const bool idle = !queue.in_turn && queue.tokens >= options_.commands_burst && at->first != but;
      at = idle ? queues_.erase(at) : std::next(at);
    }
  }

  EngineOptions options_;
  std::deque<Item> system_;
  std::map<base::AccountId, Queue> queues_;
  std::deque<base::AccountId> turns_;
  bool system_turn_ = false;
  std::size_t pushes_ = 0;
};

}  // namespace stipend::control
