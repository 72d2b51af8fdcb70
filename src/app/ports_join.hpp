// The gateway's JoinPorts over the engine.
#pragma once

#include "control/engine.hpp"
#include "control/queue_board.hpp"
#include "gateway/join_ports.hpp"

namespace stipend::app {

class EngineJoin final : public gateway::JoinPorts {
 public:
  EngineJoin(control::Engine& engine, control::QueueBoard& board) : engine_(engine), board_(board) {}

  gateway::awaitable<base::Result<gateway::JoinOffer>> look_at_code(std::string code) override;
  gateway::awaitable<base::Result<gateway::JoinedView>> join(std::string code, std::string identifier, std::string request_id) override;
  gateway::awaitable<base::Result<std::vector<gateway::CourseLinkView>>> course_links(base::AccountId account) override;
  gateway::awaitable<base::Result<gateway::GoView>> look_at_link(base::AccountId account, std::string code) override;
  gateway::awaitable<base::Result<gateway::Begun>> open_link(base::AccountId account, std::string code, std::string request_id) override;
  gateway::awaitable<base::Result<std::string>> own_link(base::AccountId account, std::string request_id) override;

 private:
  control::Engine& engine_;
  control::QueueBoard& board_;  // on the engine's strand alone
};

}  // namespace stipend::app
