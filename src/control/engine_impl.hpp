// EngineImpl: the Engine with its two threads. The strand thread runs plans on the head and fills the open
// batch; the commit thread writes the batch before it, then hands out effects and answers. A batch that
// one caller waits for is committed by the strand thread itself. See engine.hpp.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "control/admission.hpp"
#include "control/counters.hpp"
#include "control/engine.hpp"
#include "control/head.hpp"
#include "control/key_directory.hpp"
#include "control/server_time.hpp"

namespace stipend::control {

struct EngineHooks {
  // Of each committed batch, in order, one batch at a time, before its answers; either thread of the engine.
  std::function<void(std::vector<Effect>)> effects;
  // The process must exit and load again: another server took over, or a commit may or may not be written.
  std::function<void(const std::string& why)> on_fatal;
};

class EngineImpl final : public Engine {
 public:
  // `state` is what `store` just loaded. Clock, random and store outlive the engine.
  EngineImpl(store::Store& store, domain::State state, const base::Clock& clock, base::Random& random,
             EngineOptions options = {});
  ~EngineImpl() override;

  void start(EngineHooks hooks);
  void submit(Actor actor, Plan plan, Done done) override;
  void read(Actor actor, std::move_only_function<base::Status(const domain::State&, base::WallTime)> look,
            Done done) override;
  std::shared_ptr<const domain::AccessKey> access_key(const std::string& access_key_id) const override {
    return keys_.find(access_key_id);
  }
  std::string degraded() const override;
  void stop() override;
  Counters& counters() { return counters_; }

 private:
  using Look = std::move_only_function<base::Status(const domain::State&, base::WallTime)>;
  struct Command {
    Actor actor;
    Plan plan;  // or
    Look look;
    Done done;
  };
  struct Answer {
    Done done;
    base::Status status;
  };
  using Instant = std::chrono::steady_clock::time_point;
  struct Work {
    HeadBatch batch;
    std::vector<Answer> answers;
    Instant ship_by = Instant::max();
    std::size_t hurried = 0;  // commands that somebody waits for
    bool empty() const { return answers.empty(); }
  };

  void enqueue(Command command);
  void plan_loop();
  void commit_loop();
  void run_one(Command command);
  bool is_due() const;  // whether the open batch has waited long enough
  void ship();  // guard_ held
  void commit_here(std::unique_lock<std::mutex>& lock);
  void recover();           // guard_ held; after a failed commit
  void commit(Work& work);  // one at a time: whoever set committing_
  static void answer(std::vector<Answer>& answers, const base::Error* instead);

  store::Store& store_;
  const base::Clock& clock_;
  EngineOptions options_;
  Counters counters_;
  EngineHooks hooks_;
  KeyDirectory keys_;

  // Strand thread only.
  Head head_;
  ServerTime time_;
  Work open_;

  mutable std::mutex guard_;
  std::condition_variable strand_wakes_, commit_wakes_;
  Admission<Command> admission_;
  std::optional<Work> to_commit_;
  std::vector<Work> to_answer_;       // failed behind a failed commit
  std::optional<HeadBatch> refused_;  // by the store: for the strand to undo
  bool committing_ = false, stopping_ = false, planned_all_ = false, dead_ = false;
  std::string failing_;  // why the newest commit failed; empty once one succeeded

  std::thread strand_, committer_;
};

}  // namespace stipend::control
