// The part of Ports about the queue for room: value messages, as ports.hpp says.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/ids.hpp"
#include "base/result.hpp"
#include "base/time.hpp"

namespace stipend::gateway {

// A machine that waits for room. The words are the server's; `by` is an instant that the page words in the reader's zone.
struct PlaceView {
  std::string id;
  base::InstanceId instance;         // empty: a launch
  std::string image, type, name;
  base::WallTime since;
  std::int64_t position = 0, of = 0;
  std::string refused;               // a code, when its turn came and something else than room was missing
  std::string line, wait;            // "You are 3rd in line." "About 12 minutes."
  std::optional<base::WallTime> by;  // instead of `wait`
};

// What a start or launch became: a machine that starts, or a place in the queue.
struct Begun {
  std::optional<base::InstanceId> instance;
  std::string place;
};

class QueuePorts {
 public:
  virtual ~QueuePorts() = default;
  virtual boost::asio::awaitable<base::Result<std::vector<PlaceView>>> places(base::AccountId account) = 0;
  virtual boost::asio::awaitable<base::Status> leave_queue(base::AccountId account, std::string place, std::string request_id) = 0;
};

}  // namespace stipend::gateway
