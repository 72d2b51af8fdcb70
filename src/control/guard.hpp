// Guard: renews leases before they run out, posts what falls due, releases elastic addresses that no credit pays, gives the queue
// its turns and accounts their free tier, forgets what is over. Decides nothing itself: it calls the commands of renewals.hpp,
// account by account, every few minutes and at once when asked. Whose turn it is next it knows by itself; all machines are
// looked through once a minute and where a rule begins or ends, so that a hundred thousand of them cost nothing between their
// renewals. tick() is called every second by one thread (Service's, or a simulation); renew_soon() by any.
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <set>

#include "control/commands/renewals.hpp"
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
  void found(const std::vector<base::AccountId>& due, base::WallTime edge);
  void next(const base::AccountId& account, std::int64_t at_ms);  // under guard_
  void forget_all_but(const std::vector<base::AccountId>& accounts);  // under guard_
  void take_turns();
  void renew(const base::AccountId& account);
  void serve();
  void release_unpaid();
  void forget();
  void give_free_tier(std::optional<base::AccountId> after);

  Engine& engine_;
  const base::Clock& clock_;
  Counters& counters_;
  std::mutex guard_;
  std::map<base::AccountId, std::int64_t> next_ms_;             // of whom has something to renew: when next
  std::set<std::pair<std::int64_t, base::AccountId>> turns_;    // the same by time
  std::set<base::AccountId> under_way_;                         // one renewal of an account at a time
  std::set<base::AccountId> again_;                             // asked for meanwhile
  ForgetFrom forget_from_;   // the engine's strand alone
  std::int64_t forget_at_ms_ = 0, look_through_at_ms_ = 0;
  base::WallTime edge_;      // newest midnight, or begin or end of a rule, that was seen
  base::WallTime posted_;    // the midnight up to which every disk is posted
  bool looking_ = false, serving_ = false, giving_ = false;
};

}  // namespace stipend::control
