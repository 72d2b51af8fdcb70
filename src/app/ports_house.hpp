// The gateway's HousePorts over the engine.
#pragma once

#include "control/engine.hpp"
#include "gateway/house_ports.hpp"

namespace stipend::app {

class EngineHouse final : public gateway::HousePorts {
 public:
  explicit EngineHouse(control::Engine& engine) : engine_(engine) {}

  gateway::awaitable<base::Result<gateway::HouseDisks>> disks(base::AccountId staff) override;
  gateway::awaitable<base::Status> remove(base::AccountId staff, base::DiskId disk, std::string request_id) override;

 private:
  control::Engine& engine_;
};

}  // namespace stipend::app
