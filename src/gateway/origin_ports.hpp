// The part of Ports that knows which port is which machine's origin (Origins::by_port).
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <optional>

#include "base/ids.hpp"
#include "base/result.hpp"

namespace stipend::gateway {

class OriginPorts {
 public:
  virtual ~OriginPorts() = default;
  // The machine's port, one being given to it if it has none. For who has just got a ticket into it.
  virtual boost::asio::awaitable<base::Result<std::uint16_t>> origin_port(base::InstanceId instance) = 0;
  // Fails with NotFound: nobody's.
  virtual boost::asio::awaitable<base::Result<base::InstanceId>> origin_at(std::uint16_t port) = 0;
};

}  // namespace stipend::gateway
