// Status checks: a machine whose supervisor reports it running passes them; nothing is said of others.
#pragma once

#include "api/describe/filter.hpp"
#include "api/ec2/instance_view.hpp"

namespace stipend::api {

inline bool is_running(const InstanceView& view) {
  return view.instance->state == domain::InstanceState::kRunning;
}
inline std::string_view status_of(const InstanceView& view) {
  return is_running(view) ? "ok" : "not-applicable";
}

extern const FilterTable<InstanceView> kInstanceStatusFilters;

}  // namespace stipend::api
