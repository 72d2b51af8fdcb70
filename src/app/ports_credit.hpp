// The gateway's CreditPorts over the engine.
#pragma once

#include "control/engine.hpp"
#include "gateway/credit_ports.hpp"

namespace stipend::app {

// Newest first; those of which nothing is left too.
std::vector<gateway::GrantView> grants_view(const domain::State& state, const base::AccountId& account);

class EngineCredit final : public gateway::CreditPorts {
 public:
  explicit EngineCredit(control::Engine& engine) : engine_(engine) {}

  gateway::awaitable<base::Result<gateway::CreditView>> credit(base::AccountId account) override;
  gateway::awaitable<base::Result<gateway::GrantView>> redeem(base::AccountId account, std::string code, std::string request_id) override;
  gateway::awaitable<base::Result<gateway::GrantView>> take_emergency(base::AccountId account, std::string request_id) override;

 private:
  control::Engine& engine_;
};

}  // namespace stipend::app
