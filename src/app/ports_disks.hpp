// The gateway's DiskPorts over the engine.
#pragma once

#include "control/engine.hpp"
#include "gateway/disk_ports.hpp"

namespace stipend::app {

class EngineDiskPorts final : public gateway::DiskPorts {
 public:
  EngineDiskPorts(control::Engine& engine, std::int64_t keep_days) : engine_(engine), keep_days_(keep_days) {}

  gateway::awaitable<base::Result<gateway::DisksView>> disks(base::AccountId account) override;
  gateway::awaitable<base::Result<std::string>> restore(base::AccountId account, base::DiskId disk, std::string type,
                                                        std::string request_id) override;
  gateway::awaitable<base::Status> remove(base::AccountId account, base::DiskId disk, std::string request_id) override;
  gateway::awaitable<base::Status> start_on_new_image(base::AccountId account, base::InstanceId instance,
                                                      std::string request_id) override;

 private:
  control::Engine& engine_;
  const std::int64_t keep_days_;
};

}  // namespace stipend::app
