// The program's event loops: one io_context a thread, so a connection needs no strand and no lock.
// Made in main(); run() blocks there.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <vector>

namespace stipend::net {

class Runtime {
 public:
  // Ignores SIGPIPE and raises the soft limit of open files to the hard one.
  explicit Runtime(unsigned threads = 1);
  ~Runtime();
  Runtime(const Runtime&) = delete;
  Runtime& operator=(const Runtime&) = delete;

  boost::asio::any_io_executor executor(std::size_t index = 0) const;
  std::vector<boost::asio::any_io_executor> executors() const;

  // Starts a coroutine on a loop. An exception that leaves it is logged, and ends the program as a bug would.
  void spawn(std::function<boost::asio::awaitable<void>()> start, std::size_t index = 0);
  // Loop 0 runs on the calling thread, the others on their own, until stop().
  void run();
  void stop();  // any thread

  // The next SIGINT or SIGTERM. Signals between two calls are kept. Call on loop 0.
  boost::asio::awaitable<int> next_signal();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// A pause on the calling coroutine's executor.
boost::asio::awaitable<void> sleep_for(std::chrono::milliseconds duration);

}  // namespace stipend::net
