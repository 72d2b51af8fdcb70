#include "control/guard.hpp"

#include <utility>

#include "base/log.hpp"
#include "control/commands/free_tier.hpp"
#include "control/commands/policy.hpp"
#include "control/commands/queue.hpp"
#include "control/commands/renewals.hpp"
#include "domain/lease.hpp"
#include "domain/storage.hpp"

namespace stipend::control {
namespace {
constexpr std::int64_t kForgetEveryMs = 60'000;
Actor actor() {
  return {.who = "guard", .via = "clock", .request_id = {}, .account = {}};
}
}  // namespace

void Guard::tick() {
  look();
  const auto now = clock_.monotonic_ms();
  bool gives = false;
  {
    const std::lock_guard lock(guard_);
    if (now < forget_at_ms_) return;
    forget_at_ms_ = now + kForgetEveryMs;
    gives = !std::exchange(giving_, true);
  }
  forget();
  if (gives) give_free_tier(std::nullopt);
}

void Guard::look() {
  {
    const std::lock_guard lock(guard_);
    if (looking_) return;
    looking_ = true;
  }
  auto due = std::make_shared<std::vector<base::AccountId>>();
  auto edge = std::make_shared<base::WallTime>();
  auto queue = std::make_shared<bool>(false);
  engine_.read(
      actor(),
      [due, edge, queue](const domain::State& state, base::WallTime now) -> base::Status {
        *due = accounts_due(state, now);
        *queue = !state.queue.empty();
        *edge = std::max(domain::utc_midnight(now), newest_policy_edge(state, now));
        return {};
      },
      [this, due, edge, queue](base::Status status) {
        {
          const std::lock_guard lock(guard_);
          looking_ = false;
          // At midnight what the day cost is posted, and where a rule of a course begins or ends leases change.
          if (status && *edge != edge_) renewed_ms_.clear();
          if (status) edge_ = *edge;
        }
        if (status) found(*due);
        if (status && *queue) serve();
      });
}

void Guard::found(const std::vector<base::AccountId>& due) {
  const auto now = clock_.monotonic_ms();
  std::vector<base::AccountId> renewals;
  {
    const std::lock_guard lock(guard_);
    std::map<base::AccountId, std::int64_t> kept;
    for (const auto& account : due) {
      const auto last = renewed_ms_.find(account);
      if (last != renewed_ms_.end() && now - last->second < domain::kRenewSeconds * 1000)
        kept.insert(*last);
      else
        renewals.push_back(account);
    }
    renewed_ms_ = std::move(kept);
  }
  for (const auto& account : renewals) renew(account);
}

void Guard::renew_soon(const base::AccountId& account) {
  renew(account);
}

void Guard::renew(const base::AccountId& account) {
  {
    const std::lock_guard lock(guard_);
    if (!under_way_.insert(account).second) {
      again_.insert(account);
      return;
    }
  }
  ++counters_.renewals;
  engine_.submit(
      actor(), [account](Tx& tx) { return renew_account(tx, account); },
      [this, account](base::Status status) {
        bool once_more = false;
        {
          const std::lock_guard lock(guard_);
          under_way_.erase(account);
          once_more = again_.erase(account) > 0;
          if (status) renewed_ms_[account] = clock_.monotonic_ms();
        }
        // Not renewed: the next tick tries again, the machines still have the better part of an hour.
        if (!status)
          base::log::warn("leases not renewed",
                          {{"account", account.str()}, {"why", status.error().message}});
        else if (once_more)
          renew(account);
      });
}

void Guard::serve() {
  {
    const std::lock_guard lock(guard_);
    if (serving_) return;
    serving_ = true;
  }
  engine_.submit(
      actor(),
      [](Tx& tx) -> base::Status {
        serve_queue(tx);
        return {};
      },
      [this](base::Status) {
        const std::lock_guard lock(guard_);
        serving_ = false;
      });
}

void Guard::forget() {
  auto more = std::make_shared<bool>(false);
  engine_.submit(
      actor(),
      [more](Tx& tx) -> base::Status {
        TRY_ASSIGN(*more, forget_old(tx));
        return {};
      },
      [this, more](base::Status status) {
        if (status && *more) forget();
      });
}

// A step for some accounts; the next one waits in the queue behind what people ask meanwhile.
void Guard::give_free_tier(std::optional<base::AccountId> after) {
  auto next = std::make_shared<std::optional<base::AccountId>>();
  engine_.submit(
      actor(),
      [next, after](Tx& tx) -> base::Status {
        *next = give_free_tiers(tx, after);
        return {};
      },
      [this, next](base::Status status) {
        if (status && *next) return give_free_tier(*next);
        const std::lock_guard lock(guard_);
        giving_ = false;
      });
}

}  // namespace stipend::control
