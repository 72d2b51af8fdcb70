#include "api/ec2/launch_network.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "api/ec2/ids.hpp"
#include "api/ec2/launch_request.hpp"
#include "api/ec2/names.hpp"

namespace stipend::api {
namespace {

using aws::ec2::InstanceNetworkInterfaceSpecification;
using base::fail;
using base::Fault;

base::Status check_group_ids(std::span<const std::string> ids, const base::AccountId& account) {
  TRY(check_ids(kGroupIds, ids));
  std::vector<std::string> unknown;
  for (const auto& id : ids)
    if (id != default_group_id(account)) unknown.push_back(id);
  if (!unknown.empty()) return ids_not_found(kGroupIds, unknown);
  return {};
}

base::Status check_group_names(std::span<const std::string> names, const base::AccountId& account) {
  for (const auto& name : names)
    if (name != "default")
      return fail(Fault::kNotFound, "InvalidGroup.NotFound",
                  fmt::format("The security group '{}' does not exist in default VPC '{}'",
                              name.substr(0, 255), vpc_id(account)));
  return {};
}

// An interface may say what is so anyway: a public address, gone with the machine.
base::Status check_interface(const InstanceNetworkInterfaceSpecification& interface) {
  if (interface.device_index.value_or(0) != 0 || interface.network_card_index.value_or(0) != 0)
    return not_served("NetworkInterface.DeviceIndex", "machines have one interface, of index 0");
  if (!interface.associate_public_ip_address.value_or(true))
    return not_served("NetworkInterface.AssociatePublicIpAddress=false",
                      "every running machine has a public address");
  if (!interface.delete_on_termination.value_or(true))
    return not_served("NetworkInterface.DeleteOnTermination=false", "the interface goes with its machine");
  const bool more =
      interface.network_interface_id || interface.private_ip_address ||
      !interface.private_ip_addresses.empty() || interface.secondary_private_ip_address_count ||
      interface.ipv6_address_count.value_or(0) != 0 || !interface.ipv6_addresses.empty() ||
      interface.associate_carrier_ip_address || !interface.ipv4_prefixes.empty() ||
      interface.ipv4_prefix_count || !interface.ipv6_prefixes.empty() || interface.ipv6_prefix_count ||
      interface.interface_type.value_or("interface") != "interface" || interface.ena_srd_specification ||
      interface.connection_tracking_specification || interface.ena_queue_count;
  if (more) return not_served("NetworkInterface.1", "give SubnetId and SecurityGroupId only");
  return {};
}

std::optional<std::string> zone_of_subnet(const Settings& settings, const base::AccountId& account,
                                          std::string_view subnet) {
  for (const auto& zone : settings.zones)
    if (subnet_id(account, zone) == subnet) return zone;
  return std::nullopt;
}

base::Result<std::optional<std::string>> subnet_of(const aws::ec2::RunInstancesRequest& request,
                                                   const base::AccountId& account) {
  auto subnet = request.subnet_id;
  if (request.network_interfaces.size() > 1)
    return not_served("NetworkInterface.2", "machines have one interface");
  for (const auto& interface : request.network_interfaces) {
    if (request.subnet_id || !request.security_group_ids.empty() || !request.security_groups.empty())
      return fail(
          Fault::kInvalid, "InvalidParameterCombination",
          "Network interfaces and an instance-level subnet ID or security groups may not be specified on "
          "the same request");
    TRY(check_interface(interface));
    TRY(check_group_ids(interface.groups, account));
    subnet = interface.subnet_id;
  }
  return subnet;
}

}  // namespace

base::Result<std::string> launch_zone(const aws::ec2::RunInstancesRequest& request, const Settings& settings,
                                      const base::AccountId& account) {
  TRY(check_group_ids(request.security_group_ids, account));
  TRY(check_group_names(request.security_groups, account));
  TRY_ASSIGN(const auto subnet, subnet_of(request, account));
  const auto asked = request.placement ? request.placement->availability_zone : std::nullopt;
  if (asked && std::ranges::find(settings.zones, *asked) == settings.zones.end())
    return fail(Fault::kInvalid, "InvalidParameterValue",
                fmt::format("Invalid availability zone: [{}]", asked->substr(0, 64)));
  if (!subnet) return asked.value_or(settings.zones.front());
  const std::array<std::string, 1> texts = {*subnet};
  TRY(check_ids(kSubnetIds, texts));
  const auto zone = zone_of_subnet(settings, account, *subnet);
  if (!zone) return ids_not_found(kSubnetIds, texts);
  if (asked && asked != zone)
    return fail(
        Fault::kInvalid, "InvalidParameterCombination",
        fmt::format("The subnet '{}' is in the availability zone {}, not {}", *subnet, *zone, *asked));
  return *zone;
}

}  // namespace stipend::api
