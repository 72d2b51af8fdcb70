// EstimatedCharges of AWS/Billing: what an account's use has cost since the month (UTC) began, in total and by service, as the
// metric gives it. Pure. "Monitoring estimated charges" of the CloudWatch User Guide: cumulative, and zero again on the first.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "domain/costs.hpp"

namespace stipend::domain {

struct EstimatedCharges {
  WallTime month;                          // when it began
  Money total;
  std::map<std::string, Money> services;   // by the metric's ServiceName: machines and disks are both AmazonEC2's
};

// From lines of any period; those of other months do not count.
EstimatedCharges estimated_charges(const std::vector<CostLine>& lines, WallTime now);

}  // namespace stipend::domain
