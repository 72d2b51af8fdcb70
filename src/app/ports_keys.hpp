// The gateway's KeyPorts over the engine.
#pragma once

#include "app/key_uses.hpp"
#include "control/vault.hpp"
#include "gateway/key_ports.hpp"

namespace stipend::app {

class EngineKeys final : public gateway::KeyPorts {
 public:
  EngineKeys(control::Engine& engine, const control::Vault& vault, const KeyUses& uses, std::string region)
      : engine_(engine), vault_(vault), uses_(uses), region_(std::move(region)) {}

  gateway::awaitable<base::Result<gateway::AccessKeysView>> keys(base::AccountId account) override;
  gateway::awaitable<base::Result<gateway::NewAccessKey>> create(base::AccountId account, std::string request_id) override;
  gateway::awaitable<base::Status> set_active(base::AccountId account, std::string key, bool active, std::string request_id) override;
  gateway::awaitable<base::Status> remove(base::AccountId account, std::string key, std::string request_id) override;

 private:
  control::Engine& engine_;
  const control::Vault& vault_;
  const KeyUses& uses_;
  const std::string region_;
};

}  // namespace stipend::app
