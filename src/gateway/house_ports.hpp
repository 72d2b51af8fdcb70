// What the gateway knows of disks that members' credit no longer keeps, so that the house pays for them: for staff of the
// course, who decides what becomes of them. The same rules as ports.hpp.
#pragma once

#include "gateway/ports.hpp"

namespace stipend::gateway {

struct HouseDiskView {
  base::DiskId disk;
  base::AccountId account;
  std::string member, kind, machine;  // the machine's name or id; empty: attached to none
  std::int64_t gib = 0;
  Money paid;                         // by the house, so far
  Money price_per_hour;
  WallTime kept_until;
  bool unfunded = false;              // the house pays now
  bool running = false;
};
struct HouseDisks {
  std::vector<HouseDiskView> rows;    // soonest first, the first 1,000
  std::size_t found = 0;
};

class HousePorts {
 public:
  virtual ~HousePorts() = default;
  // Paid by the house now, or within a week.
  virtual awaitable<base::Result<HouseDisks>> disks(base::AccountId staff) = 0;
  virtual awaitable<base::Status> remove(base::AccountId staff, base::DiskId disk, std::string request_id) = 0;
};

}  // namespace stipend::gateway
