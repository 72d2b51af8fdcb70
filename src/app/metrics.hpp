// Prometheus text of the server's counters.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace stipend::app {

struct Metric {
  std::string name, help, type;  // type: counter | gauge
  double value = 0;
};
std::string to_prometheus(const std::vector<Metric>& metrics);

}  // namespace stipend::app
