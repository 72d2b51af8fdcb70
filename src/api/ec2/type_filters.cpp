// The filters of DescribeInstanceTypes (EC2 API Reference), from the same facts as the answer.
#include "api/ec2/types.hpp"

namespace stipend::api {
namespace {

using Field = FilterTable<TypePointer>::Field;

constexpr Field kFields[] = {
    {"auto-recovery-supported", [](const TypePointer&, Probe& p) { p(false); }},
    {"bare-metal", [](const TypePointer&, Probe& p) { p(false); }},
    {"burstable-performance-supported", [](const TypePointer&, Probe& p) { p(false); }},
    {"current-generation", [](const TypePointer&, Probe& p) { p(true); }},
    {"dedicated-hosts-supported", [](const TypePointer&, Probe& p) { p(false); }},
    {"ebs-info.ebs-optimized-support", [](const TypePointer&, Probe& p) { p("unsupported"); }},
    {"ebs-info.encryption-support", [](const TypePointer&, Probe& p) { p("unsupported"); }},
    {"ebs-info.nvme-support", [](const TypePointer&, Probe& p) { p("unsupported"); }},
    {"free-tier-eligible", [](const TypePointer&, Probe& p) { p(false); }},
    {"hibernation-supported", [](const TypePointer&, Probe& p) { p(false); }},
    {"hypervisor", [](const TypePointer&, Probe& p) { p("xen"); }},
    {"instance-storage-supported", [](const TypePointer&, Probe& p) { p(false); }},
    {"instance-type", [](const TypePointer& v, Probe& p) { p(v->name); }},
    {"memory-info.size-in-mib", [](const TypePointer& v, Probe& p) { p(v->memory_mib); }},
    {"network-info.efa-supported", [](const TypePointer&, Probe& p) { p(false); }},
    {"network-info.ena-support", [](const TypePointer&, Probe& p) { p("unsupported"); }},
    {"network-info.ipv4-addresses-per-interface", [](const TypePointer&, Probe& p) { p(std::int64_t{1}); }},
    {"network-info.ipv6-addresses-per-interface", [](const TypePointer&, Probe& p) { p(std::int64_t{0}); }},
    {"network-info.ipv6-supported", [](const TypePointer&, Probe& p) { p(false); }},
    {"network-info.maximum-network-cards", [](const TypePointer&, Probe& p) { p(std::int64_t{1}); }},
    {"network-info.maximum-network-interfaces", [](const TypePointer&, Probe& p) { p(std::int64_t{1}); }},
    {"processor-info.supported-architecture", [](const TypePointer&, Probe& p) { p("x86_64"); }},
    {"supported-root-device-type", [](const TypePointer&, Probe& p) { p("ebs"); }},
    {"supported-usage-class", [](const TypePointer&, Probe& p) { p("on-demand"); }},
    {"supported-virtualization-type", [](const TypePointer&, Probe& p) { p("hvm"); }},
    {"vcpu-info.default-cores", [](const TypePointer& v, Probe& p) { p(v->vcpus); }},
    {"vcpu-info.default-threads-per-core", [](const TypePointer&, Probe& p) { p(std::int64_t{1}); }},
    {"vcpu-info.default-vcpus", [](const TypePointer& v, Probe& p) { p(v->vcpus); }},
};

// Nothing here has a value for these.
constexpr std::string_view kUnset[] = {
    "ebs-info.attachment-limit-type",
    "ebs-info.maximum-ebs-attachments",
    "ebs-info.ebs-optimized-info.baseline-bandwidth-in-mbps",
    "ebs-info.ebs-optimized-info.baseline-iops",
    "ebs-info.ebs-optimized-info.baseline-throughput-in-mbps",
    "ebs-info.ebs-optimized-info.maximum-bandwidth-in-mbps",
    "ebs-info.ebs-optimized-info.maximum-iops",
    "ebs-info.ebs-optimized-info.maximum-throughput-in-mbps",
    "instance-storage-info.disk.count",
    "instance-storage-info.disk.size-in-gb",
    "instance-storage-info.disk.type",
    "instance-storage-info.encryption-support",
    "instance-storage-info.nvme-support",
    "instance-storage-info.total-size-in-gb",
    "network-info.bandwidth-weightings",
    "network-info.efa-info.maximum-efa-interfaces",
    "network-info.flexible-ena-queues-support",
    "network-info.encryption-in-transit-supported",
    "network-info.network-performance",
    "nitro-enclaves-support",
    "nitro-tpm-support",
    "nitro-tpm-info.supported-versions",
    "processor-info.sustained-clock-speed-in-ghz",
    "processor-info.supported-features",
    "reboot-migration-support",
    "supported-boot-mode",
    "vcpu-info.valid-cores",
    "vcpu-info.valid-threads-per-core",
};

}  // namespace

const FilterTable<TypePointer> kInstanceTypeFilters{kFields, kUnset, nullptr};

}  // namespace stipend::api
