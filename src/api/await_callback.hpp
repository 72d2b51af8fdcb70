// Waits in a coroutine for a callback from another thread, for a bounded time.
#pragma once

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <chrono>
#include <memory>
#include <optional>

#include "base/result.hpp"

namespace stipend::api {

// `start` gets a callback that takes a base::Result<R>, to be called at most once, from any thread, also
// after the time is over. Nothing by then: Unavailable. Resumes on the coroutine's executor, which must be
// one thread.
template <class R, class Start>
boost::asio::awaitable<base::Result<R>> await_callback(Start start, std::chrono::milliseconds limit) {
  struct Shared {
    boost::asio::steady_timer timer;
    std::optional<base::Result<R>> result;
  };
  const auto executor = co_await boost::asio::this_coro::executor;
  auto shared = std::make_shared<Shared>(Shared{boost::asio::steady_timer(executor, limit), std::nullopt});
  // The timer belongs to the coroutine's thread: it is let go of there, too.
  start([weak = std::weak_ptr<Shared>(shared), executor](base::Result<R> result) {
    boost::asio::post(executor, [weak, result = std::move(result)]() mutable {
      const auto shared = weak.lock();
      if (!shared) return;
      shared->result = std::move(result);
      shared->timer.cancel();
    });
  });
  co_await shared->timer.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
  if (shared->result) co_return *std::move(shared->result);
  co_return base::fail(base::Fault::kUnavailable, "Unavailable",
                       "The host did not answer in time; try again.");
}

}  // namespace stipend::api
