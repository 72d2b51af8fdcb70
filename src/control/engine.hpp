// Engine: the single writer. Holds the State of all courses, runs commands one after the other on its own
// thread, commits them in batches on a second thread (batch N+1 is planned on head while N commits) and
// answers only what is committed, reads too. A failed commit undoes head to the last committed state and
// fails every command behind it with `ServiceUnavailable`; Fenced and Unknown end the process through
// `on_fatal`.
//
// Any thread may call submit() and read(). Callbacks run on a thread of the engine, or at once on the
// caller's when the command is refused: hand over at once (control/await.hpp resumes a coroutine on its own
// executor). Admission: a bounded queue for each account, served round robin, and a token bucket; over it the
// answer is RequestLimitExceeded at once.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/time.hpp"
#include "control/tx.hpp"
#include "store/store.hpp"

namespace stipend::control {

struct EngineOptions {
  std::size_t queue_per_account = 64;
  std::size_t queue_system = 65'536;  // guard, host and operator together
  double commands_per_second = 50;    // sustained, for each account
  double commands_burst = 200;
  std::size_t batch_max = 256;
  // How long what the host reports and the guard renews may wait for somebody to share a commit with: nobody waits for
  // it, and it would cost as many full syncs as all that people ask for. Zero: not at all.
  std::chrono::milliseconds patience{3};
};

class Engine {
 public:
  using Plan = std::move_only_function<base::Status(Tx&)>;
  using Done = std::move_only_function<void(base::Status)>;

  virtual ~Engine() = default;
  // Runs `plan` on the strand; `done` after its batch is committed or failed.
  virtual void submit(Actor actor, Plan plan, Done done) = 0;
  // A plan that changes nothing: answered once everything it could see is committed.
  virtual void read(Actor actor,
                    std::move_only_function<base::Status(const domain::State&, base::WallTime)> look,
                    Done done) = 0;
  // Immediate, any thread: the committed access key of an account that is not suspended. For signature checks.
  virtual std::shared_ptr<const domain::AccessKey> access_key(const std::string& access_key_id) const = 0;
  // Empty, or one sentence with the cure: the state cannot be written or only just (disk full). Nothing new
  // is started or renewed meanwhile; stops and charges go on. For /readyz, the pages and `status`. Any
  // thread.
  virtual std::string degraded() const = 0;
  virtual void stop() = 0;  // finishes what is queued, then refuses
};

}  // namespace stipend::control
