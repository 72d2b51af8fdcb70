// An answer of unknown length, written as it comes about. Internal to net.
#pragma once

#include "net/connection.hpp"

namespace stipend::net {

class EventStream final : public EventWriter {
 public:
  static awaitable<Connection::After> run(std::shared_ptr<Connection> on, Events plan);

  explicit EventStream(std::shared_ptr<Connection> on) : on_(std::move(on)) {}
  awaitable<base::Status> send(std::string bytes) override;
  bool closed() const override;
  void cut() override { failed_ = true; }

 private:
  std::shared_ptr<Connection> on_;  // until run() is over: a writer kept longer only fails
  bool chunked_ = true;
  bool failed_ = false;
  std::optional<std::uint64_t> left_;
};

}  // namespace stipend::net
