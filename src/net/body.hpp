// A request's body, handed to its handler as it comes. Internal to net.
#pragma once

#include "net/connection.hpp"

namespace stipend::net {

class BodyStream final : public BodyReader {
 public:
  static awaitable<Connection::After> run(std::shared_ptr<Connection> on, WithStream plan);

  BodyStream(std::shared_ptr<Connection> on, std::uint64_t left) : on_(std::move(on)), left_(left) {}
  awaitable<base::Result<std::string>> next(std::size_t most) override;

 private:
  std::shared_ptr<Connection> on_;  // until run() is over: a reader kept longer only fails
  std::uint64_t left_;              // of the limit, for bodies without a length
};

}  // namespace stipend::net
