// Engine commands and other callbacks for coroutines: co_await control::run<R>(engine, actor, plan) resumes on the
// caller's executor.
#pragma once

#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/execution/outstanding_work.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/prefer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "control/engine.hpp"

namespace stipend::control {

// Suspends until `start`'s callback is called, once, from any thread; resumes on the coroutine's executor, which is kept
// from running out of work meanwhile.
template <class R, class Start>
boost::asio::awaitable<base::Result<R>> from_callback(Start start) {
  auto executor = boost::asio::prefer(co_await boost::asio::this_coro::executor,
                                      boost::asio::execution::outstanding_work.tracked);
  co_return co_await boost::asio::async_initiate<const boost::asio::use_awaitable_t<>&,
                                                 void(base::Result<R>)>(
      [](auto handler, auto run, auto on) {
        // The callback owns the handler and hands the result over to the coroutine's executor.
        auto held = std::make_shared<decltype(handler)>(std::move(handler));
        run([held = std::move(held), on = std::move(on)](base::Result<R> result) mutable {
          auto back = std::move(on);
          boost::asio::post(back, [held = std::move(held), result = std::move(result)]() mutable {
            (*held)(std::move(result));
          });
        });
      },
      boost::asio::use_awaitable, std::move(start), std::move(executor));
}

namespace detail {
// What a plan or a look found, and the answer to give when the engine says that it holds.
template <class R, class Done>
struct Outcome {
  Done done;
  std::optional<base::Result<R>> found;

  base::Status keep(base::Result<R> result) {
    found.emplace(std::move(result));
    if (!*found) return std::unexpected(found->error());
    return {};
  }
  void finish(base::Status status) {
    if (!status)
      done(std::unexpected(std::move(status).error()));
    else
      done(*std::move(found));
  }
};
template <class R, class Done>
auto make_outcome(Done done) {
  return std::make_shared<Outcome<R, Done>>(std::move(done), std::nullopt);
}
}  // namespace detail

// Plan: (Tx&) -> Result<R>.
template <class R, class Plan>
boost::asio::awaitable<base::Result<R>> run(Engine& engine, Actor actor, Plan plan) {
  return from_callback<R>([&engine, actor = std::move(actor), plan = std::move(plan)](auto done) mutable {
    auto outcome = detail::make_outcome<R>(std::move(done));
    engine.submit(
        std::move(actor), [outcome, plan = std::move(plan)](Tx& tx) mutable { return outcome->keep(plan(tx)); },
        [outcome](base::Status status) { outcome->finish(std::move(status)); });
  });
}

// Look: (const State&, WallTime) -> Result<R>.
template <class R, class Look>
boost::asio::awaitable<base::Result<R>> read(Engine& engine, Actor actor, Look look) {
  return from_callback<R>([&engine, actor = std::move(actor), look = std::move(look)](auto done) mutable {
    auto outcome = detail::make_outcome<R>(std::move(done));
    engine.read(
        std::move(actor),
        [outcome, look = std::move(look)](const domain::State& state, base::WallTime now) mutable {
          return outcome->keep(look(state, now));
        },
        [outcome](base::Status status) { outcome->finish(std::move(status)); });
  });
}

}  // namespace stipend::control
