// The filters of DescribeVolumes (EC2 API Reference), from the same facts as the answer.
#include "api/ec2/volume_view.hpp"

#include "api/ec2/names.hpp"
#include "control/commands/snapshots.hpp"

namespace stipend::api {
namespace {

using Field = FilterTable<VolumeView>::Field;

constexpr Field kFields[] = {
    {"attachment.attach-time",
     [](const VolumeView& v, Probe& p) {
       if (v.instance) p(base::to_iso8601(attached_since(v)));
     }},
    {"attachment.delete-on-termination",
     [](const VolumeView& v, Probe& p) {
       if (v.instance) p(v.disk->delete_on_termination);
     }},
    {"attachment.device",
     [](const VolumeView& v, Probe& p) {
       if (v.instance) p(device_of(v));
     }},
    {"attachment.instance-id",
     [](const VolumeView& v, Probe& p) {
       if (v.instance) p(v.instance->id.str());
     }},
    {"attachment.status",
     [](const VolumeView& v, Probe& p) {
       if (v.instance) p("attached");
     }},
    {"availability-zone", [](const VolumeView& v, Probe& p) { p(zone_of(v)); }},
    {"availability-zone-id", [](const VolumeView& v, Probe& p) { p(zone_id(*v.settings, zone_of(v))); }},
    {"create-time", [](const VolumeView& v, Probe& p) { p(base::to_iso8601(v.disk->created)); }},
    {"encrypted", [](const VolumeView&, Probe& p) { p(false); }},
    {"multi-attach-enabled", [](const VolumeView&, Probe& p) { p(false); }},
    {"size", [](const VolumeView& v, Probe& p) { p(v.disk->gib); }},
    {"snapshot-id", [](const VolumeView& v, Probe& p) { p(v.disk->source.empty() ? "" : control::snapshot_id(v.disk->source).str()); }},
    {"status", [](const VolumeView& v, Probe& p) { p(state_of(v)); }},
    {"volume-id", [](const VolumeView& v, Probe& p) { p(v.disk->id.str()); }},
    {"volume-type", [](const VolumeView&, Probe& p) { p("gp2"); }},
};

// Nothing here has a value for these.
constexpr std::string_view kUnset[] = {
    "fast-restored",
    "operator.managed",
    "operator.principal",
};

}  // namespace

const FilterTable<VolumeView> kVolumeFilters{
    kFields, kUnset, [](const VolumeView& v) -> const domain::Tags& { return v.disk->tags; }};

}  // namespace stipend::api
