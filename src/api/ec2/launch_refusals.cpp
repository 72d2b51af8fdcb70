#include "api/ec2/launch_refusals.hpp"

#include <fmt/format.h>

#include <span>

#include "api/ec2/launch_request.hpp"

namespace stipend::api {
namespace {

struct Asked {
  bool present;
  std::string_view parameter;
};

base::Status refuse_first(std::span<const Asked> asked) {
  for (const auto& [present, parameter] : asked)
    if (present) return not_served(parameter);
  return {};
}

bool is_true(const std::optional<bool>& flag) {
  return flag.value_or(false);
}

base::Status refuse_placement(const aws::ec2::Placement& placement) {
  const Asked asked[] = {
      {placement.affinity.has_value(), "Placement.Affinity"},
      {placement.group_name.has_value(), "Placement.GroupName"},
      {placement.group_id.has_value(), "Placement.GroupId"},
      {placement.partition_number.has_value(), "Placement.PartitionNumber"},
      {placement.host_id.has_value(), "Placement.HostId"},
      {placement.host_resource_group_arn.has_value(), "Placement.HostResourceGroupArn"},
      {placement.spread_domain.has_value(), "Placement.SpreadDomain"},
      {placement.availability_zone_id.has_value(), "Placement.AvailabilityZoneId"},
      {placement.tenancy.value_or("default") != "default", "Placement.Tenancy"},
  };
  return refuse_first(asked);
}

}  // namespace

std::unexpected<base::Error> not_served(std::string_view parameter, std::string_view instead) {
  return base::fail(base::Fault::kInvalid, "UnsupportedOperation",
                    fmt::format("The parameter {} is not served here: {}.", parameter, instead));
}

base::Status refuse_what_is_not_served(const aws::ec2::RunInstancesRequest& r) {
  if (r.placement) TRY(refuse_placement(*r.placement));
  const Asked asked[] = {
      {r.launch_template.has_value(), "LaunchTemplate"},
      {r.instance_market_options.has_value(), "InstanceMarketOptions"},
      {r.iam_instance_profile.has_value(), "IamInstanceProfile"},
      {r.monitoring && is_true(r.monitoring->enabled), "Monitoring.Enabled"},
      {r.kernel_id.has_value(), "KernelId"},
      {r.ramdisk_id.has_value(), "RamdiskId"},
      {r.private_ip_address.has_value(), "PrivateIpAddress"},
      {r.ipv6_address_count.value_or(0) != 0, "Ipv6AddressCount"},
      {!r.ipv6_addresses.empty(), "Ipv6Address"},
      {is_true(r.enable_primary_ipv6), "EnablePrimaryIpv6"},
      {is_true(r.ebs_optimized), "EbsOptimized"},
      {r.hibernation_options && is_true(r.hibernation_options->configured), "HibernationOptions.Configured"},
      {r.enclave_options && is_true(r.enclave_options->enabled), "EnclaveOptions.Enabled"},
      {r.cpu_options.has_value(), "CpuOptions"},
      {r.capacity_reservation_specification &&
           r.capacity_reservation_specification->capacity_reservation_target.has_value(),
       "CapacityReservationSpecification.CapacityReservationTarget"},
      {r.private_dns_name_options &&
           r.private_dns_name_options->hostname_type.value_or("ip-name") != "ip-name",
       "PrivateDnsNameOptions.HostnameType"},
      {!r.elastic_gpu_specification.empty(), "ElasticGpuSpecification"},
      {!r.elastic_inference_accelerators.empty(), "ElasticInferenceAccelerator"},
      {!r.license_specifications.empty(), "LicenseSpecification"},
      {!r.secondary_interfaces.empty(), "SecondaryInterface"},
      {r.network_performance_options.has_value(), "NetworkPerformanceOptions"},
      {r.operator_.has_value(), "Operator"},
      {r.additional_info.has_value(), "AdditionalInfo"},
      {is_true(r.disable_api_stop), "DisableApiStop"},
  };
  return refuse_first(asked);
}

base::Status refuse_ebs_options(const aws::ec2::EbsBlockDevice& ebs) {
  if (ebs.volume_type.value_or("gp2") != "gp2")
    return not_served("Ebs.VolumeType", "volumes here are gp2; leave it out");
  const Asked asked[] = {
      {ebs.iops.has_value(), "Ebs.Iops"},
      {ebs.throughput.has_value(), "Ebs.Throughput"},
      {ebs.snapshot_id.has_value(), "Ebs.SnapshotId"},
      {is_true(ebs.encrypted), "Ebs.Encrypted"},
      {ebs.kms_key_id.has_value(), "Ebs.KmsKeyId"},
      {ebs.outpost_arn.has_value(), "Ebs.OutpostArn"},
      {ebs.volume_initialization_rate.has_value(), "Ebs.VolumeInitializationRate"},
  };
  return refuse_first(asked);
}

}  // namespace stipend::api
