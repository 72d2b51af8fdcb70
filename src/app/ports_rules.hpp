// The gateway's RulesPorts over the engine.
#pragma once

#include "control/engine.hpp"
#include "gateway/rules_ports.hpp"

namespace stipend::app {

class EngineRules final : public gateway::RulesPorts {
 public:
  explicit EngineRules(control::Engine& engine) : engine_(engine) {}

  gateway::awaitable<base::Result<gateway::RulesView>> rules(base::AccountId account) override;
  gateway::awaitable<base::Result<gateway::RulesView>> change(base::AccountId staff, gateway::RulesWish wish, std::string request_id) override;

 private:
  control::Engine& engine_;
};

}  // namespace stipend::app
