#include "net/runtime.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <sys/resource.h>

#include <algorithm>
#include <csignal>
#include <exception>
#include <thread>

#include "base/log.hpp"

namespace stipend::net {

namespace asio = boost::asio;

struct Runtime::Impl {
  struct Context final : asio::io_context {
    using io_context::io_context;
    using io_context::shutdown;
  };
  struct Loop {
    Context context{1};
    asio::executor_work_guard<asio::io_context::executor_type> work{context.get_executor()};
  };
  std::vector<std::unique_ptr<Loop>> loops;
  std::unique_ptr<asio::signal_set> signals;
};

Runtime::Runtime(unsigned threads) : impl_(std::make_unique<Impl>()) {
  std::signal(SIGPIPE, SIG_IGN);
  rlimit files{};
  if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
  }
  for (unsigned i = 0; i < std::max(1U, threads); ++i) impl_->loops.push_back(std::make_unique<Impl::Loop>());
}

// A coroutine left over on one loop may own timers and sockets of another: every loop drops its coroutines
// while all loops are still there.
Runtime::~Runtime() {
  stop();
  impl_->signals.reset();
  for (const auto& loop : impl_->loops) loop->context.shutdown();
}

asio::any_io_executor Runtime::executor(std::size_t index) const {
  return impl_->loops[index % impl_->loops.size()]->context.get_executor();
}

std::vector<asio::any_io_executor> Runtime::executors() const {
  std::vector<asio::any_io_executor> all;
  for (const auto& loop : impl_->loops) all.push_back(loop->context.get_executor());
  return all;
}

void Runtime::spawn(std::function<asio::awaitable<void>()> start, std::size_t index) {
  // The function lives in the completion handler, so what its coroutine captured outlives the coroutine.
  auto held = std::make_shared<std::function<asio::awaitable<void>()>>(std::move(start));
  asio::co_spawn(executor(index), (*held)(), [held](std::exception_ptr failure) {
    if (!failure) return;
    try {
      std::rethrow_exception(failure);
    } catch (const std::exception& what) {
      base::log::error("a task ended with an exception", {{"what", what.what()}});
      std::terminate();
    }
  });
}

void Runtime::run() {
  std::vector<std::jthread> threads;
  for (std::size_t i = 1; i < impl_->loops.size(); ++i)
    threads.emplace_back([loop = impl_->loops[i].get()] { loop->context.run(); });
  impl_->loops.front()->context.run();
}

void Runtime::stop() {
  for (const auto& loop : impl_->loops) loop->context.stop();
}

asio::awaitable<int> Runtime::next_signal() {
  if (!impl_->signals) impl_->signals = std::make_unique<asio::signal_set>(executor(0), SIGINT, SIGTERM);
  auto [ec, number] = co_await impl_->signals->async_wait(asio::as_tuple(asio::use_awaitable));
  co_return ec ? SIGTERM : number;
}

asio::awaitable<void> sleep_for(std::chrono::milliseconds duration) {
  asio::steady_timer timer(co_await asio::this_coro::executor, duration);
  co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
}

}  // namespace stipend::net
