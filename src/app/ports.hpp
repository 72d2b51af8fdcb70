// The gateway's Ports over the engine: value messages on one side, commands and reads on the other.
#pragma once

#include "control/commands/origin_ports.hpp"
#include "control/engine.hpp"
#include "control/queue_board.hpp"
#include "gateway/ports.hpp"

namespace stipend::app {

class EnginePorts final : public gateway::Ports {
 public:
  explicit EnginePorts(control::Engine& engine, control::OriginPorts origin_ports = {})
      : engine_(engine), origin_ports_(std::move(origin_ports)) {}

  control::QueueBoard& board() { return board_; }  // for others that look on the engine's strand

  gateway::awaitable<base::Result<std::uint16_t>> origin_port(base::InstanceId instance) override;
  gateway::awaitable<base::Result<base::InstanceId>> origin_at(std::uint16_t port) override;

  gateway::awaitable<base::Result<std::string>> peek_sign_in(std::string token) override;
  gateway::awaitable<base::Result<gateway::Pass>> sign_in(std::string token) override;
  gateway::awaitable<base::Status> sign_out(std::string session) override;
  gateway::awaitable<base::Result<gateway::Who>> who(std::string session) override;
  gateway::awaitable<base::Result<gateway::Wallet>> wallet(base::AccountId account) override;
  gateway::awaitable<base::Result<std::vector<gateway::InstanceView>>> instances(base::AccountId account) override;
  gateway::awaitable<base::Result<std::vector<gateway::ImageView>>> images(base::AccountId account) override;
  gateway::awaitable<base::Result<std::vector<gateway::TypeView>>> types(base::AccountId account) override;
  gateway::awaitable<base::Result<std::vector<std::string>>> key_pairs(base::AccountId account) override;
  gateway::awaitable<base::Result<gateway::Begun>> launch(base::AccountId account, gateway::LaunchWish wish,
                                                          std::string request_id) override;
  gateway::awaitable<base::Result<gateway::Begun>> act(base::AccountId account, base::InstanceId instance, gateway::Act act,
                                                       std::string request_id) override;
  gateway::awaitable<base::Result<std::vector<gateway::PlaceView>>> places(base::AccountId account) override;
  gateway::awaitable<base::Status> leave_queue(base::AccountId account, std::string place, std::string request_id) override;
  gateway::awaitable<base::Result<std::string>> make_ticket(std::string session, base::InstanceId instance) override;
  gateway::awaitable<base::Result<gateway::Pass>> redeem_ticket(std::string ticket, base::InstanceId instance) override;
  gateway::awaitable<base::Result<gateway::Route>> route(std::string pass, base::InstanceId instance) override;

 private:
  control::Engine& engine_;
  control::OriginPorts origin_ports_;
  control::QueueBoard board_;  // used on the engine's strand alone
};

}  // namespace stipend::app
