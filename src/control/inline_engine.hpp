// InlineEngine: the Engine without threads or admission, for simulations: pump() runs what was submitted, in
// order, in batches, on the caller's thread. Same head, same commit contract; sometimes plans a second batch
// before the first is committed, as EngineImpl does. A store that throws leaves the engine unusable: it
// crashed.
#pragma once

#include <deque>

#include "control/engine_impl.hpp"

namespace stipend::control {

class InlineEngine final : public Engine {
 public:
  InlineEngine(store::Store& store, domain::State state, const base::Clock& clock, base::Random& random);

  void set_hooks(EngineHooks hooks) { hooks_ = std::move(hooks); }
  // Until nothing is left, batches of at most `batch_max` commands; `ahead`: two batches are planned at a
  // time.
  void pump(std::size_t batch_max, bool ahead);
  bool dead() const { return dead_; }
  // The first command that failed with what is nobody's mistake but the program's; empty: none.
  const std::string& internal_error() const { return internal_error_; }
  const domain::State& state() const { return head_.state(); }
  base::WallTime now() { return time_.now(); }

  void submit(Actor actor, Plan plan, Done done) override;
  void read(Actor actor, std::move_only_function<base::Status(const domain::State&, base::WallTime)> look,
            Done done) override;
  std::shared_ptr<const domain::AccessKey> access_key(const std::string& id) const override {
    return keys_.find(id);
  }
  std::string degraded() const override { return store_.degraded(); }
  void stop() override { dead_ = true; }

 private:
  struct Command {
    Actor actor;
    Plan plan;
    std::move_only_function<base::Status(const domain::State&, base::WallTime)> look;
    Done done;
  };
  struct Work {
    HeadBatch batch;
    std::vector<std::pair<Done, base::Status>> answers;
  };
  Work plan(std::size_t batch_max);
  bool commit(Work& work);  // false: failed, answered; the head still has it
  static void fail(Work& work);

  store::Store& store_;
  Head head_;
  ServerTime time_;
  KeyDirectory keys_;
  EngineHooks hooks_;
  std::deque<Command> queue_;
  bool dead_ = false;
  std::string internal_error_;
};

}  // namespace stipend::control
