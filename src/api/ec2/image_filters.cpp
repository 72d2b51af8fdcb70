// The filters of DescribeImages (EC2 API Reference), from the same facts as the answer.
#include "api/ec2/image_filters.hpp"

#include "api/ec2/names.hpp"

namespace stipend::api {
namespace {

using Field = FilterTable<ImageView>::Field;

constexpr Field kFields[] = {
    {"architecture", [](const ImageView& v, Probe& p) { p(v.image->architecture); }},
    {"block-device-mapping.delete-on-termination", [](const ImageView&, Probe& p) { p(true); }},
    {"block-device-mapping.device-name", [](const ImageView&, Probe& p) { p(kRootDevice); }},
    {"block-device-mapping.volume-size", [](const ImageView& v, Probe& p) { p(v.image->min_disk_gib); }},
    {"block-device-mapping.volume-type", [](const ImageView&, Probe& p) { p("gp2"); }},
    {"block-device-mapping.encrypted", [](const ImageView&, Probe& p) { p(false); }},
    {"creation-date", [](const ImageView& v, Probe& p) { p(base::to_iso8601(v.image->created)); }},
    {"description", [](const ImageView& v, Probe& p) { p(v.image->description); }},
    {"hypervisor", [](const ImageView&, Probe& p) { p("xen"); }},
    {"image-id", [](const ImageView& v, Probe& p) { p(v.image->id.str()); }},
    {"image-type", [](const ImageView&, Probe& p) { p("machine"); }},
    {"is-public", [](const ImageView&, Probe& p) { p(true); }},
    {"manifest-location", [](const ImageView& v, Probe& p) { p(image_location(v)); }},
    {"name", [](const ImageView& v, Probe& p) { p(v.image->name); }},
    {"owner-id", [](const ImageView& v, Probe& p) { p(v.settings->image_owner); }},
    {"root-device-name", [](const ImageView&, Probe& p) { p(kRootDevice); }},
    {"root-device-type", [](const ImageView&, Probe& p) { p("ebs"); }},
    {"state", [](const ImageView&, Probe& p) { p("available"); }},
    {"virtualization-type", [](const ImageView&, Probe& p) { p("hvm"); }},
};

// Nothing here has a value for these.
constexpr std::string_view kUnset[] = {
    "block-device-mapping.snapshot-id",
    "ena-support",
    "free-tier-eligible",
    "image-allowed",
    "kernel-id",
    "owner-alias",
    "platform",
    "product-code",
    "product-code.type",
    "ramdisk-id",
    "source-image-id",
    "source-image-region",
    "source-instance-id",
    "state-reason-code",
    "state-reason-message",
    "sriov-net-support",
};

}  // namespace

// Images have no tags: tag filters are known and match none.
const FilterTable<ImageView> kImageFilters{kFields, kUnset, [](const ImageView&) -> const domain::Tags& {
                                             static const domain::Tags kNone;
                                             return kNone;
                                           }};

std::string image_location(const ImageView& view) {
  return view.settings->image_owner + "/" + view.image->name;
}

}  // namespace stipend::api
