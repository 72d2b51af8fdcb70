#include "control/guard.hpp"

#include <algorithm>
#include <utility>

#include "base/log.hpp"
#include "control/commands/addresses.hpp"
#include "control/commands/free_tier.hpp"
#include "control/commands/policy.hpp"
#include "control/commands/queue.hpp"
#include "control/commands/renewals.hpp"
#include "domain/lease.hpp"
#include "domain/storage.hpp"

namespace stipend::control {
namespace {
constexpr std::int64_t kForgetEveryMs = 60'000, kLookThroughEveryMs = 60'000, kTryAgainMs = 1'000;
constexpr std::size_t kUnderWayMost = 4'096;
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
  const auto now = clock_.monotonic_ms();
  base::WallTime known, posted;
  bool through = false;
  {
    const std::lock_guard lock(guard_);
    if (looking_) return;
    looking_ = true;
    known = edge_;
    posted = posted_;
    through = now >= look_through_at_ms_;
  }
  struct Seen {
    bool through = false, queue = false, unpaid = false;
    base::WallTime edge, posted;
    std::vector<base::AccountId> due;
  };
  auto seen = std::make_shared<Seen>();
  engine_.read(
      actor(),
      [seen, known, posted, through](const domain::State& state, base::WallTime server_now) -> base::Status {
        const auto midnight = domain::utc_midnight(server_now);
        seen->queue = !state.queue.empty();
        seen->edge = std::max(midnight, newest_policy_edge(state, server_now));
        seen->through = through || seen->edge != known;
        seen->posted = posted;
        if (!seen->through) return {};
        seen->unpaid = has_unpaid_addresses(state, server_now);
        if (posted != midnight) {
          seen->due = accounts_with_old_disks(state, server_now);
          if (seen->due.empty()) seen->posted = midnight;
        }
        for (const auto& account : accounts_that_run(state)) seen->due.push_back(account);
        std::ranges::sort(seen->due);
        const auto twice = std::ranges::unique(seen->due);
        seen->due.erase(twice.begin(), twice.end());
        return {};
      },
      [this, seen, now](base::Status status) {
        {
          const std::lock_guard lock(guard_);
          looking_ = false;
          if (status && seen->through) {
            look_through_at_ms_ = now + kLookThroughEveryMs;
            posted_ = seen->posted;
          }
        }
        if (status && seen->through) found(seen->due, seen->edge);
        if (status) take_turns();
        if (status && seen->queue) serve();
        if (status && seen->unpaid) release_unpaid();
      });
}

void Guard::next(const base::AccountId& account, std::int64_t at_ms) {
  const auto [known, fresh] = next_ms_.try_emplace(account, at_ms);
  if (!fresh) {
    turns_.erase({known->second, account});
    known->second = at_ms;
  }
  turns_.emplace(at_ms, account);
}

void Guard::forget_all_but(const std::vector<base::AccountId>& accounts) {
  auto still = accounts.begin();
  for (auto at = next_ms_.begin(); at != next_ms_.end();) {
    still = std::lower_bound(still, accounts.end(), at->first);
    if (still != accounts.end() && *still == at->first) {
      ++at;
      continue;
    }
    turns_.erase({at->second, at->first});
    at = next_ms_.erase(at);
  }
}

void Guard::found(const std::vector<base::AccountId>& due, base::WallTime edge) {
  const auto now = clock_.monotonic_ms();
  const std::lock_guard lock(guard_);
  forget_all_but(due);
  // At midnight what the day cost is posted, and where a rule of a course begins or ends leases change.
  const bool all = edge != edge_;
  edge_ = edge;
  for (const auto& account : due)
    if (all || !next_ms_.contains(account)) next(account, now);
}

// Not all at once: what the host reports must find room in the engine's queue, too.
void Guard::take_turns() {
  const auto now = clock_.monotonic_ms();
  std::vector<base::AccountId> renewals;
  {
    const std::lock_guard lock(guard_);
    for (auto at = turns_.begin(); at != turns_.end() && at->first <= now && under_way_.size() + renewals.size() < kUnderWayMost; at = turns_.begin()) {
      const auto account = at->second;
      next(account, now + domain::kRenewSeconds * 1000);
      renewals.push_back(account);
    }
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
          next(account, clock_.monotonic_ms() + (status ? domain::kRenewSeconds * 1000 : kTryAgainMs));
        }
        // Not renewed: the next tick tries again, the machines still have the better part of an hour.
        if (!status)
          base::log::warn("leases not renewed",
                          {{"account", account.str()}, {"why", status.error().message}});
        else if (once_more)
          renew(account);
        if (status) take_turns();
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

// What could not be committed is seen again in a minute.
void Guard::release_unpaid() {
  engine_.submit(actor(), [](Tx& tx) { return release_unpaid_addresses(tx); }, [](base::Status) {});
}

void Guard::forget() {
  auto more = std::make_shared<bool>(false);
  engine_.submit(
      actor(),
      [this, more](Tx& tx) -> base::Status {
        TRY_ASSIGN(*more, forget_old(tx, 500, &forget_from_));
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
