#include "control/engine_impl.hpp"

#include <algorithm>
#include <chrono>

#include "base/log.hpp"

namespace stipend::control {
namespace {
base::Error unavailable(std::string why) {
  return {base::Fault::kUnavailable, "ServiceUnavailable", std::move(why)};
}
constexpr const char* kStopping = "the server is stopping: try again shortly";

bool can_wait(const Actor& actor) {
  return actor.via == "host" || actor.via == "clock";
}
}  // namespace

EngineImpl::EngineImpl(store::Store& store, domain::State state, const base::Clock& clock,
                       base::Random& random, EngineOptions options)
    : store_(store),
      clock_(clock),
      options_(options),
      keys_(state),
      head_(std::move(state), random),
      time_(clock, Head::high_water(head_.state())),
      admission_(options) {}

EngineImpl::~EngineImpl() {
  stop();
}

void EngineImpl::start(EngineHooks hooks) {
  hooks_ = std::move(hooks);
  committer_ = std::thread([this] { commit_loop(); });
  strand_ = std::thread([this] { plan_loop(); });
}

void EngineImpl::stop() {
  {
    const std::lock_guard lock(guard_);
    stopping_ = true;
    strand_wakes_.notify_all();
  }
  if (strand_.joinable()) strand_.join();
  if (committer_.joinable()) committer_.join();
}

void EngineImpl::submit(Actor actor, Plan plan, Done done) {
  enqueue({std::move(actor), std::move(plan), {}, std::move(done)});
}
void EngineImpl::read(Actor actor, Look look, Done done) {
  enqueue({std::move(actor), {}, std::move(look), std::move(done)});
}

void EngineImpl::enqueue(Command command) {
  std::optional<base::Error> refused;
  Done done;
  {
    const std::lock_guard lock(guard_);
    if (stopping_ || dead_) {
      refused = unavailable(kStopping);
      done = std::move(command.done);
    } else {
      // Admission takes the command only when it accepts it: keep the way to answer.
      const auto account = command.actor.account;
      if (auto room = admission_.may_push(account, clock_.monotonic_ms()); !room) {
        refused = room.error();
        done = std::move(command.done);
      } else {
        admission_.push(account, std::move(command));
        strand_wakes_.notify_one();
      }
    }
  }
  if (!refused) return;
  ++counters_.throttled;
  done(std::unexpected(std::move(*refused)));
}

std::string EngineImpl::degraded() const {
  {
    const std::lock_guard lock(guard_);
    if (!failing_.empty()) return failing_;
  }
  return store_.degraded();
}

void EngineImpl::run_one(Command command) {
  const auto begun = std::chrono::steady_clock::now();
  const bool waits = can_wait(command.actor);
  open_.ship_by = std::min(open_.ship_by, waits ? begun + options_.patience : begun);
  open_.hurried += waits ? 0 : 1;
  const auto now = time_.now();
  base::Status status;
  if (command.plan) {
    ++counters_.commands;
    status = head_.run(command.actor, command.plan, now, store_.degraded());
    if (!status) ++counters_.commands_failed;
  } else {
    ++counters_.reads;
    status = command.look(head_.state(), now);
  }
  open_.answers.push_back({std::move(command.done), std::move(status)});
}

bool EngineImpl::is_due() const {
  return stopping_ || open_.answers.size() >= options_.batch_max || open_.ship_by <= std::chrono::steady_clock::now();
}

void EngineImpl::ship() {
  open_.batch = head_.take();
  to_commit_ = std::exchange(open_, {});
  committing_ = true;
  commit_wakes_.notify_one();
}

// One caller alone and nobody behind it: handing the batch to the other thread would only cost the way there.
void EngineImpl::commit_here(std::unique_lock<std::mutex>& lock) {
  open_.batch = head_.take();
  auto work = std::exchange(open_, {});
  committing_ = true;
  lock.unlock();
  commit(work);
  lock.lock();
}

void EngineImpl::recover() {
  if (!refused_) return;
  head_.undo(*refused_);
  refused_.reset();
  if (open_.answers.empty()) return;
  to_answer_.push_back(std::exchange(open_, {}));
  commit_wakes_.notify_one();
}

void EngineImpl::plan_loop() {
  std::unique_lock lock(guard_);
  for (;;) {
    recover();
    const bool room = open_.answers.size() < options_.batch_max;
    if (!admission_.empty() && room) {
      auto command = admission_.pop();
      lock.unlock();
      run_one(std::move(*command));
      lock.lock();
    } else if (!open_.empty() && !committing_ && !is_due()) {
      strand_wakes_.wait_until(lock, open_.ship_by);
    } else if (!open_.empty() && open_.hurried <= 1 && !committing_) {
      commit_here(lock);
    } else if (!open_.empty() && !committing_) {
      ship();
    } else if (stopping_ && admission_.empty() && open_.empty() && !committing_) {
      planned_all_ = true;
      commit_wakes_.notify_one();
      return;
    } else {
      strand_wakes_.wait(lock);
    }
  }
}

void EngineImpl::commit_loop() {
  std::unique_lock lock(guard_);
  for (;;) {
    if (!to_answer_.empty()) {
      auto failed = std::exchange(to_answer_, {});
      const auto error = unavailable(failing_.empty() ? "nothing was changed: try again" : failing_);
      lock.unlock();
      for (auto& work : failed) answer(work.answers, &error);
      lock.lock();
    } else if (to_commit_) {
      auto work = std::exchange(to_commit_, std::nullopt);
      lock.unlock();
      commit(*work);
      lock.lock();
    } else if (planned_all_) {
      return;
    } else {
      commit_wakes_.wait(lock);
    }
  }
}

void EngineImpl::commit(Work& work) {
  store::CommitResult result{store::Outcome::kCommitted, {}};
  const bool writes = !work.batch.changes.empty();
  bool dead = false;
  {
    const std::lock_guard lock(guard_);
    dead = dead_;
  }
  if (dead) {
    result = {store::Outcome::kFailed, kStopping};
  } else if (writes) {
    const auto begun = std::chrono::steady_clock::now();
    result = store_.commit(work.batch.changes);
    const auto took = std::chrono::steady_clock::now() - begun;
    counters_.commit_us += std::chrono::duration_cast<std::chrono::microseconds>(took).count();
  }
  const bool committed = result.outcome == store::Outcome::kCommitted;
  const bool fatal = result.outcome == store::Outcome::kFenced || result.outcome == store::Outcome::kUnknown;
  const auto rows = work.batch.changes.size();
  if (committed && writes) {
    ++counters_.commits;
    counters_.rows += rows;
    keys_.committed(work.batch.changes);
  }
  if (committed && !store_.degraded().empty()) store_.tend();
  // Before the next batch may commit, so that effects keep the order of their commits.
  if (committed && !work.batch.effects.empty() && hooks_.effects)
    hooks_.effects(std::move(work.batch.effects));
  {
    const std::lock_guard lock(guard_);
    committing_ = false;
    if (!committed) refused_ = std::move(work.batch);
    if (writes) failing_ = committed ? std::string() : result.detail;
    dead_ = dead_ || fatal;
    strand_wakes_.notify_one();
  }
  if (committed) {
    answer(work.answers, nullptr);
    return;
  }
  ++counters_.commits_failed;
  base::log::error("a commit failed", {{"why", result.detail}, {"rows", rows}, {"fatal", fatal}});
  if (fatal && hooks_.on_fatal) hooks_.on_fatal(result.detail);
  const auto error = unavailable(result.detail);
  answer(work.answers, &error);
}

void EngineImpl::answer(std::vector<Answer>& answers, const base::Error* instead) {
  for (auto& one : answers) {
    if (instead != nullptr)
      one.done(std::unexpected(*instead));
    else
      one.done(std::move(one.status));
  }
}

}  // namespace stipend::control
