// What the gateway knows of disks: homes, new roots, deleted disks. The same rules as ports.hpp.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "gateway/ports.hpp"

namespace stipend::gateway {

struct DiskView {
  base::DiskId id;
  std::string shown;                // as AWS clients see it: a snapshot is a disk by another name
  std::string kind, name;           // root, home, snapshot, …; its Name tag
  std::int64_t gib = 0;
  Money price_per_hour;
  std::optional<WallTime> deleted, gone_at;
  std::string type;                 // a root disk: of the machine that it comes back as
};

// Of a machine that is not terminated. `home`: kept (a disk of its own), elsewhere (that disk is with another machine
// now), machine (part of its root disk although the course keeps homes), or empty (as on AWS).
struct MachineDisks {
  base::InstanceId id;
  std::string home;
  std::string newer_image;          // its name, when a stopped machine may start on a newer one
};

struct DisksView {
  std::int64_t keep_days = 0;       // that a deleted disk can be brought back
  std::vector<MachineDisks> machines;
  std::vector<DiskView> available;  // attached to none
  std::vector<DiskView> deleted;
};

class DiskPorts {
 public:
  virtual ~DiskPorts() = default;
  virtual awaitable<base::Result<DisksView>> disks(base::AccountId account) = 0;
  // The stopped machine that a root disk came back as; empty for others.
  virtual awaitable<base::Result<std::string>> restore(base::AccountId account, base::DiskId disk, std::string type,
                                                       std::string request_id) = 0;
  virtual awaitable<base::Status> remove(base::AccountId account, base::DiskId disk, std::string request_id) = 0;
  // A new root from the newest image and the start, in one step: both or none.
  virtual awaitable<base::Status> start_on_new_image(base::AccountId account, base::InstanceId instance,
                                                     std::string request_id) = 0;
};

}  // namespace stipend::gateway
