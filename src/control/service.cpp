#include "control/service.hpp"

#include <chrono>

namespace stipend::control {

base::Result<std::unique_ptr<Service>> Service::start(std::unique_ptr<store::Store> store,
                                                      std::unique_ptr<compute::Provider> provider,
                                                      const base::Clock& clock, base::Random& random,
                                                      ServiceOptions options) {
  TRY_ASSIGN(auto state, store->load());
  std::unique_ptr<Service> made(new Service);
  auto* service = made.get();
  made->store_ = std::move(store);
  made->provider_ = std::move(provider);
  made->engine_ =
      std::make_unique<EngineImpl>(*made->store_, std::move(state), clock, random, options.engine);
  auto& counters = made->engine_->counters();
  made->guard_ = std::make_unique<Guard>(*made->engine_, clock, counters);
  made->reconciler_ = std::make_unique<Reconciler>(
      *made->engine_, *made->provider_, clock, made->store_->epoch(), counters,
      [service](const base::AccountId& account) { service->guard_->renew_soon(account); },
      options.reconciler);
  made->engine_->start(
      {[service](std::vector<Effect> effects) { service->reconciler_->perform(std::move(effects)); },
       std::move(options.on_fatal)});
  made->reconciler_->open();
  made->ticker_ = std::thread([service] { service->tick_loop(); });
  return made;
}

Service::~Service() {
  stop();
  provider_.reset();
}

void Service::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    stops_.notify_all();
  }
  if (ticker_.joinable()) ticker_.join();
  engine_->stop();
}

std::string Service::not_ready() const {
  if (auto why = engine_->degraded(); !why.empty()) return why;
  return reconciler_->not_ready();
}

void Service::tick_loop() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    lock.unlock();
    reconciler_->tick();
    guard_->tick();
    const bool waiting = !reconciler_->not_ready().empty();
    lock.lock();
    // The host usually answers within milliseconds of the start.
    stops_.wait_for(lock, std::chrono::milliseconds(waiting ? 50 : 1000), [this] { return stopping_; });
  }
}

}  // namespace stipend::control
