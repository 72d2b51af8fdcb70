// The filters of DescribeInstanceStatus (EC2 API Reference), from the same facts as the answer.
#include "api/ec2/instance_status.hpp"

#include "api/ec2/names.hpp"

namespace stipend::api {
namespace {

using Field = FilterTable<InstanceView>::Field;

constexpr Field kFields[] = {
    {"availability-zone", [](const InstanceView& v, Probe& p) { p(v.instance->zone); }},
    {"availability-zone-id",
     [](const InstanceView& v, Probe& p) { p(zone_id(*v.settings, v.instance->zone)); }},
    {"instance-state-code", [](const InstanceView& v, Probe& p) { p(state_code(v.instance->state)); }},
    {"instance-state-name", [](const InstanceView& v, Probe& p) { p(state_name(v.instance->state)); }},
    {"instance-status.reachability",
     [](const InstanceView& v, Probe& p) {
       if (is_running(v)) p("passed");
     }},
    {"instance-status.status", [](const InstanceView& v, Probe& p) { p(status_of(v)); }},
    {"system-status.reachability",
     [](const InstanceView& v, Probe& p) {
       if (is_running(v)) p("passed");
     }},
    {"system-status.status", [](const InstanceView& v, Probe& p) { p(status_of(v)); }},
};

// Nothing here has a value for these.
constexpr std::string_view kUnset[] = {
    "event.code",       "event.description",  "event.instance-event-id",
    "event.not-after",  "event.not-before",   "event.not-before-deadline",
    "operator.managed", "operator.principal", "attached-ebs-status.status",
};

}  // namespace

const FilterTable<InstanceView> kInstanceStatusFilters{kFields, kUnset, nullptr};

}  // namespace stipend::api
