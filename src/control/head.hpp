// Head: the deterministic half of the engine. Runs commands one after the other on the newest state and
// gathers what they changed into a batch; take() closes it for the store, undo() takes a batch back that the
// store refused. No threads, no clock, no I/O: a result depends on the state, the command, the time and the
// random bytes passed in alone. One thread at a time.
#pragma once

#include <string>
#include <vector>

#include "base/ids.hpp"
#include "control/engine.hpp"
#include "control/tx.hpp"
#include "store/apply.hpp"

namespace stipend::control {

struct HeadBatch {
  store::Batch changes;
  std::vector<Effect> effects;
  std::vector<store::Undo> undo;
};

class Head {
 public:
  Head(domain::State state, base::Random& random) : state_(std::move(state)), random_(random) {}

  const domain::State& state() const { return state_; }
  // A plan that fails, or throws, leaves nothing behind. `degraded` (a sentence, or empty): a plan that would
  // let a machine start or run longer fails with it, all else goes on.
  base::Status run(const Actor& actor, Engine::Plan& plan, base::WallTime now, const std::string& degraded);
  bool changed() const { return !open_.changes.empty() || !open_.effects.empty(); }
  // What ran since the last take(), with the time it ran at.
  HeadBatch take();
  // Newest batch first.
  void undo(const HeadBatch& batch);

  static base::WallTime high_water(const domain::State& state);

 private:
  class Planning;
  struct Mark {
    std::size_t changes, effects, undo;
  };
  Mark mark() const;
  void back_to(const Mark& mark);  // undoes what the open batch got since
  void roll_back(const std::vector<store::Undo>& undo, std::size_t keep);

  domain::State state_;
  base::Random& random_;
  HeadBatch open_;
  base::WallTime newest_;
};

}  // namespace stipend::control
