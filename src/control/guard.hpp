// Guard: renews leases before they run out, posts what falls due, gives the queue its turns and accounts their free tier, forgets
// what is over. Decides nothing
// itself: it calls the commands of renewals.hpp, account by account, every few minutes and at once when
// asked. tick() is called every second by one thread (Service's, or a simulation); renew_soon() by any.
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <set>

#include "control/counters.hpp"
#include "control/engine.hpp"

namespace stipend::control {

class Guard {
 public:
  // All outlive the guard's last callback: stop the engine first.
  Guard(Engine& engine, const base::Clock& clock, Counters& counters)
      : engine_(engine), clock_(clock), counters_(counters) {}

  void tick();
  void renew_soon(const base::AccountId& account);

 private:
  void look();
  void found(const std::vector<base::AccountId>& due);
  void renew(const base::AccountId& account);
  void serve();
  void forget();
  void give_free_tier(std::optional<base::AccountId> after);

  Engine& engine_;
  const base::Clock& clock_;
  Counters& counters_;
  std::mutex guard_;
  std::map<base::AccountId, std::int64_t> renewed_ms_;  // when last; only of those that were due
  std::set<base::AccountId> under_way_;                 // one renewal of an account at a time
  std::set<base::AccountId> again_;                     // asked for meanwhile
  std::int64_t forget_at_ms_ = 0;
  base::WallTime edge_;  // newest midnight, or begin or end of a rule, that was seen
  bool looking_ = false, serving_ = false, giving_ = false;
};

}  // namespace stipend::control
