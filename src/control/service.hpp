// Service: engine, guard and reconciler over one store and one provider, wired and running. What `stipend
// serve` starts once and hands to api and gateway. Any thread may use the accessors; start and stop from
// main's.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>

#include "control/engine_impl.hpp"
#include "control/guard.hpp"
#include "control/reconciler.hpp"

namespace stipend::control {

struct ServiceOptions {
  EngineOptions engine;
  ReconcilerOptions reconciler;
  // The process must exit and start again (see EngineHooks); called from a thread of the engine.
  std::function<void(const std::string& why)> on_fatal;
};

class Service {
 public:
  // Loads the state and starts. Clock and random outlive the service.
  static base::Result<std::unique_ptr<Service>> start(std::unique_ptr<store::Store> store,
                                                      std::unique_ptr<compute::Provider> provider,
                                                      const base::Clock& clock, base::Random& random,
                                                      ServiceOptions options);
  ~Service();

  Engine& engine() { return *engine_; }
  store::Store& store() { return *store_; }
  compute::Provider& provider() { return *provider_; }
  const Counters& counters() const { return engine_->counters(); }
  // Empty, or why new machines cannot be started now: the host is not there yet, or the disk is full.
  // /readyz.
  std::string not_ready() const;
  // Machines go on; what was asked for is committed and answered, then everything is refused.
  void stop();

 private:
  Service() = default;
  void tick_loop();

  std::unique_ptr<store::Store> store_;
  std::unique_ptr<EngineImpl> engine_;
  std::unique_ptr<Guard> guard_;
  std::unique_ptr<Reconciler> reconciler_;
  std::unique_ptr<compute::Provider> provider_;  // goes first: it calls the reconciler
  std::mutex mutex_;
  std::condition_variable stops_;
  bool stopping_ = false;
  std::thread ticker_;
};

}  // namespace stipend::control
