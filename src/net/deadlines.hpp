// Time limits of many waits for the price of one timer: waits note when they must be over, and one sweep
// every kTickMs finds those that are. Internal to net; used on one executor only.
#pragma once

#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>

namespace stipend::net {

std::int64_t monotonic_ms();

class Deadlines;

// Something with time limits. Linked into its Deadlines from construction to destruction.
class Timed {
 public:
  explicit Timed(std::shared_ptr<Deadlines> of);
  virtual ~Timed();
  Timed(const Timed&) = delete;
  Timed& operator=(const Timed&) = delete;

  virtual void check(std::int64_t now_ms) = 0;  // on each sweep; must not destroy any Timed

 private:
  friend class Deadlines;
  std::shared_ptr<Deadlines> of_;
  Timed* before_ = nullptr;
  Timed* after_ = nullptr;
};

class Deadlines : public std::enable_shared_from_this<Deadlines> {
 public:
  static constexpr std::int64_t kTickMs = 100;

  explicit Deadlines(boost::asio::any_io_executor executor) : timer_(std::move(executor)) {}

 private:
  friend class Timed;
  void arm();
  void sweep();

  boost::asio::steady_timer timer_;
  Timed* first_ = nullptr;
  bool armed_ = false;
};

}  // namespace stipend::net
