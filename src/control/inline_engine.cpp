#include "control/inline_engine.hpp"

namespace stipend::control {

InlineEngine::InlineEngine(store::Store& store, domain::State state, const base::Clock& clock,
                           base::Random& random)
    : store_(store),
      head_(std::move(state), random),
      time_(clock, Head::high_water(head_.state())),
      keys_(head_.state()) {}

void InlineEngine::submit(Actor actor, Plan plan, Done done) {
  if (dead_)
    return done(base::fail(base::Fault::kUnavailable, "ServiceUnavailable", "the server is stopping"));
  queue_.push_back({std::move(actor), std::move(plan), {}, std::move(done)});
}

void InlineEngine::read(Actor actor,
                        std::move_only_function<base::Status(const domain::State&, base::WallTime)> look,
                        Done done) {
  if (dead_)
    return done(base::fail(base::Fault::kUnavailable, "ServiceUnavailable", "the server is stopping"));
  queue_.push_back({std::move(actor), {}, std::move(look), std::move(done)});
}

InlineEngine::Work InlineEngine::plan(std::size_t batch_max) {
  Work work;
  while (!queue_.empty() && work.answers.size() < batch_max) {
    auto command = std::move(queue_.front());
    queue_.pop_front();
    const auto now = time_.now();
    auto status = command.plan ? head_.run(command.actor, command.plan, now, store_.degraded())
                               : command.look(head_.state(), now);
    if (!status && status.error().fault == base::Fault::kInternal && internal_error_.empty())
      internal_error_ = command.actor.who + ": " + status.error().message;
    work.answers.emplace_back(std::move(command.done), std::move(status));
  }
  work.batch = head_.take();
  return work;
}

void InlineEngine::fail(Work& work) {
  for (auto& [done, status] : work.answers)
    done(base::fail(base::Fault::kUnavailable, "ServiceUnavailable", "nothing was changed: try again"));
}

bool InlineEngine::commit(Work& work) {
  if (!work.batch.changes.empty()) {
    const auto result = store_.commit(work.batch.changes);
    if (result.outcome != store::Outcome::kCommitted) {
      if (result.outcome != store::Outcome::kFailed) {
        dead_ = true;
        if (hooks_.on_fatal) hooks_.on_fatal(result.detail);
      }
      return false;
    }
    keys_.committed(work.batch.changes);
  }
  if (!work.batch.effects.empty() && hooks_.effects) hooks_.effects(std::move(work.batch.effects));
  for (auto& [done, status] : work.answers) done(std::move(status));
  return true;
}

void InlineEngine::pump(std::size_t batch_max, bool ahead) {
  while (!queue_.empty() && !dead_) {
    auto first = plan(batch_max);
    Work second;
    if (ahead) second = plan(batch_max);
    if (commit(first)) {
      if (second.answers.empty() || commit(second)) continue;
      head_.undo(second.batch);
      fail(second);
      continue;
    }
    head_.undo(second.batch);
    head_.undo(first.batch);
    fail(first);
    fail(second);
  }
}

}  // namespace stipend::control
