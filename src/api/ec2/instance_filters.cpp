// The filters of DescribeInstances (EC2 API Reference), from the same facts as the answer.
#include "api/ec2/instance_filters.hpp"

#include "api/ec2/names.hpp"

namespace stipend::api {
namespace {

using Field = FilterTable<InstanceView>::Field;

const domain::Instance& row(const InstanceView& v) {
  return *v.instance;
}
bool live(const InstanceView& v) {
  return row(v).state != domain::InstanceState::kTerminated;
}
bool has_public(const InstanceView& v) {
  return live(v) && !row(v).public_address.empty();
}
bool attached(const InstanceView& v) {
  return live(v) && v.root_disk && !v.root_disk->deleted;
}

constexpr Field kFields[] = {
    {"architecture", [](const InstanceView&, Probe& p) { p("x86_64"); }},
    {"availability-zone", [](const InstanceView& v, Probe& p) { p(row(v).zone); }},
    {"availability-zone-id", [](const InstanceView& v, Probe& p) { p(zone_id(*v.settings, row(v).zone)); }},
    {"block-device-mapping.attach-time", [](const InstanceView& v, Probe& p) { if (attached(v)) p(base::to_iso8601(v.root_disk->created)); if (v.home_disk) p(base::to_iso8601(row(v).launched)); }},
    {"block-device-mapping.delete-on-termination", [](const InstanceView& v, Probe& p) { if (attached(v)) p(v.root_disk->delete_on_termination); if (v.home_disk) p(v.home_disk->delete_on_termination); }},
    {"block-device-mapping.device-name", [](const InstanceView& v, Probe& p) { if (attached(v)) p(kRootDevice); if (v.home_disk) p(kHomeDevice); }},
    {"block-device-mapping.status", [](const InstanceView& v, Probe& p) { if (attached(v) || v.home_disk) p("attached"); }},
    {"block-device-mapping.volume-id", [](const InstanceView& v, Probe& p) { if (attached(v)) p(v.root_disk->id.str()); if (v.home_disk) p(v.home_disk->id.str()); }},
    {"client-token", [](const InstanceView& v, Probe& p) { if (!row(v).client_token.empty()) p(row(v).client_token); }},
    {"dns-name", [](const InstanceView& v, Probe& p) { if (live(v)) p(public_dns_name(row(v).public_address)); }},
    {"ebs-optimized", [](const InstanceView&, Probe& p) { p(false); }},
    {"hypervisor", [](const InstanceView&, Probe& p) { p("xen"); }},
    {"image-id", [](const InstanceView& v, Probe& p) { p(row(v).image.str()); }},
    {"instance-id", [](const InstanceView& v, Probe& p) { p(row(v).id.str()); }},
    {"instance-state-code", [](const InstanceView& v, Probe& p) { p(state_code(row(v).state)); }},
    {"instance-state-name", [](const InstanceView& v, Probe& p) { p(state_name(row(v).state)); }},
    {"instance-type", [](const InstanceView& v, Probe& p) { p(row(v).type); }},
    {"instance.group-id", [](const InstanceView& v, Probe& p) { if (live(v)) p(default_group_id(row(v).account)); }},
    {"instance.group-name", [](const InstanceView& v, Probe& p) { if (live(v)) p("default"); }},
    {"ip-address", [](const InstanceView& v, Probe& p) { if (has_public(v)) p(row(v).public_address); }},
    {"key-name", [](const InstanceView& v, Probe& p) { if (!row(v).key_name.empty()) p(row(v).key_name); }},
    {"launch-index", [](const InstanceView& v, Probe& p) { p(row(v).launch_index); }},
    {"launch-time", [](const InstanceView& v, Probe& p) { p(base::to_iso8601(row(v).launched)); }},
    {"monitoring-state", [](const InstanceView&, Probe& p) { p("disabled"); }},
    {"network-interface.addresses.association.allocation-id", [](const InstanceView& v, Probe& p) { if (v.elastic) p(v.elastic->id); }},
    {"network-interface.addresses.association.association-id", [](const InstanceView& v, Probe& p) { if (v.elastic) p(v.elastic->association); }},
    {"network-interface.addresses.association.ip-owner-id", [](const InstanceView& v, Probe& p) { if (has_public(v)) p(address_owner(v)); }},
    {"network-interface.addresses.association.public-dns-name", [](const InstanceView& v, Probe& p) { if (has_public(v)) p(public_dns_name(row(v).public_address)); }},
    {"network-interface.addresses.association.public-ip", [](const InstanceView& v, Probe& p) { if (has_public(v)) p(row(v).public_address); }},
    {"network-interface.addresses.primary", [](const InstanceView& v, Probe& p) { if (live(v)) p(true); }},
    {"network-interface.addresses.private-dns-name", [](const InstanceView& v, Probe& p) { if (live(v)) p(private_dns_name(*v.settings, row(v).private_address)); }},
    {"network-interface.addresses.private-ip-address", [](const InstanceView& v, Probe& p) { if (live(v)) p(row(v).private_address); }},
    {"network-interface.association.allocation-id", [](const InstanceView& v, Probe& p) { if (v.elastic) p(v.elastic->id); }},
    {"network-interface.association.association-id", [](const InstanceView& v, Probe& p) { if (v.elastic) p(v.elastic->association); }},
    {"network-interface.association.ip-owner-id", [](const InstanceView& v, Probe& p) { if (has_public(v)) p(address_owner(v)); }},
    {"network-interface.association.public-dns-name", [](const InstanceView& v, Probe& p) { if (has_public(v)) p(public_dns_name(row(v).public_address)); }},
    {"network-interface.association.public-ip", [](const InstanceView& v, Probe& p) { if (has_public(v)) p(row(v).public_address); }},
    {"network-interface.attachment.attach-time", [](const InstanceView& v, Probe& p) { if (live(v)) p(base::to_iso8601(row(v).created)); }},
    {"network-interface.attachment.attachment-id", [](const InstanceView& v, Probe& p) { if (live(v)) p(interface_attachment_id(row(v).id)); }},
    {"network-interface.attachment.delete-on-termination", [](const InstanceView& v, Probe& p) { if (live(v)) p(true); }},
    {"network-interface.attachment.device-index", [](const InstanceView& v, Probe& p) { if (live(v)) p(std::int64_t{0}); }},
    {"network-interface.attachment.instance-id", [](const InstanceView& v, Probe& p) { if (live(v)) p(row(v).id.str()); }},
    {"network-interface.attachment.instance-owner-id", [](const InstanceView& v, Probe& p) { if (live(v)) p(row(v).account.str()); }},
    {"network-interface.attachment.network-card-index", [](const InstanceView& v, Probe& p) { if (live(v)) p(std::int64_t{0}); }},
    {"network-interface.attachment.status", [](const InstanceView& v, Probe& p) { if (live(v)) p("attached"); }},
    {"network-interface.availability-zone", [](const InstanceView& v, Probe& p) { if (live(v)) p(row(v).zone); }},
    {"network-interface.group-id", [](const InstanceView& v, Probe& p) { if (live(v)) p(default_group_id(row(v).account)); }},
    {"network-interface.group-name", [](const InstanceView& v, Probe& p) { if (live(v)) p("default"); }},
    {"network-interface.network-interface-id", [](const InstanceView& v, Probe& p) { if (live(v)) p(network_interface_id(row(v).id)); }},
    {"network-interface.owner-id", [](const InstanceView& v, Probe& p) { if (live(v)) p(row(v).account.str()); }},
    {"network-interface.private-dns-name", [](const InstanceView& v, Probe& p) { if (live(v)) p(private_dns_name(*v.settings, row(v).private_address)); }},
    {"network-interface.private-ip-address", [](const InstanceView& v, Probe& p) { if (live(v)) p(row(v).private_address); }},
    {"network-interface.status", [](const InstanceView& v, Probe& p) { if (live(v)) p("in-use"); }},
    {"network-interface.source-dest-check", [](const InstanceView& v, Probe& p) { if (live(v)) p(true); }},
    {"network-interface.subnet-id", [](const InstanceView& v, Probe& p) { if (live(v)) p(subnet_id(row(v).account, row(v).zone)); }},
    {"network-interface.vpc-id", [](const InstanceView& v, Probe& p) { if (live(v)) p(vpc_id(row(v).account)); }},
    {"owner-id", [](const InstanceView& v, Probe& p) { p(row(v).account.str()); }},
    {"platform-details", [](const InstanceView&, Probe& p) { p("Linux/UNIX"); }},
    {"private-dns-name", [](const InstanceView& v, Probe& p) { if (live(v)) p(private_dns_name(*v.settings, row(v).private_address)); }},
    {"private-ip-address", [](const InstanceView& v, Probe& p) { if (live(v)) p(row(v).private_address); }},
    {"reason", [](const InstanceView& v, Probe& p) { p(row(v).transition_reason); }},
    {"reservation-id", [](const InstanceView& v, Probe& p) { p(row(v).reservation.str()); }},
    {"root-device-name", [](const InstanceView&, Probe& p) { p(kRootDevice); }},
    {"root-device-type", [](const InstanceView&, Probe& p) { p("ebs"); }},
    {"source-dest-check", [](const InstanceView& v, Probe& p) { if (live(v)) p(true); }},
    {"state-reason-code", [](const InstanceView& v, Probe& p) { if (!row(v).state_reason_code.empty()) p(row(v).state_reason_code); }},
    {"state-reason-message", [](const InstanceView& v, Probe& p) { if (!row(v).state_reason_code.empty()) p(row(v).state_reason_message); }},
    {"subnet-id", [](const InstanceView& v, Probe& p) { if (live(v)) p(subnet_id(row(v).account, row(v).zone)); }},
    {"tenancy", [](const InstanceView&, Probe& p) { p("default"); }},
    {"usage-operation", [](const InstanceView&, Probe& p) { p("RunInstances"); }},
    {"usage-operation-update-time", [](const InstanceView& v, Probe& p) { p(base::to_iso8601(row(v).created)); }},
    {"virtualization-type", [](const InstanceView&, Probe& p) { p("hvm"); }},
    {"vpc-id", [](const InstanceView& v, Probe& p) { if (live(v)) p(vpc_id(row(v).account)); }},
};

// No machine here has a value for these.
constexpr std::string_view kUnset[] = {
    "affinity",
    "boot-mode",
    "capacity-reservation-id",
    "capacity-reservation-specification.capacity-reservation-preference",
    "capacity-reservation-specification.capacity-reservation-target.capacity-reservation-id",
    "capacity-reservation-specification.capacity-reservation-target.capacity-reservation-resource-group-arn",
    "current-instance-boot-mode",
    "ena-support",
    "enclave-options.enabled",
    "hibernation-options.configured",
    "host-id",
    "iam-instance-profile.arn",
    "iam-instance-profile.id",
    "instance-lifecycle",
    "ipv6-address",
    "kernel-id",
    "maintenance-options.auto-recovery",
    "metadata-options.http-endpoint",
    "metadata-options.http-protocol-ipv4",
    "metadata-options.http-protocol-ipv6",
    "metadata-options.http-put-response-hop-limit",
    "metadata-options.http-tokens",
    "metadata-options.instance-metadata-tags",
    "metadata-options.state",
    "network-interface.addresses.association.carrier-ip",
    "network-interface.addresses.association.customer-owned-ip",
    "network-interface.association.carrier-ip",
    "network-interface.association.customer-owned-ip",
    "network-interface.deny-all-igw-traffic",
    "network-interface.description",
    "network-interface.ipv4-prefixes.ipv4-prefix",
    "network-interface.ipv6-address",
    "network-interface.ipv6-addresses.ipv6-address",
    "network-interface.ipv6-addresses.is-primary-ipv6",
    "network-interface.ipv6-native",
    "network-interface.ipv6-prefixes.ipv6-prefix",
    "network-interface.mac-address",
    "network-interface.operator.managed",
    "network-interface.operator.principal",
    "network-interface.outpost-arn",
    "network-interface.public-dns-name",
    "network-interface.requester-id",
    "network-interface.requester-managed",
    "network-interface.tag-key",
    "network-interface.tag-value",
    "network-performance-options.bandwidth-weighting",
    "operator.managed",
    "operator.principal",
    "outpost-arn",
    "placement-group-name",
    "placement-partition-number",
    "platform",
    "private-dns-name-options.enable-resource-name-dns-a-record",
    "private-dns-name-options.enable-resource-name-dns-aaaa-record",
    "private-dns-name-options.hostname-type",
    "product-code",
    "product-code.type",
    "ramdisk-id",
    "requester-id",
    "spot-instance-request-id",
    "tpm-support",
};

}  // namespace

const FilterTable<InstanceView> kInstanceFilters{
    kFields, kUnset, [](const InstanceView& v) -> const domain::Tags& { return row(v).tags; }};

}  // namespace stipend::api
