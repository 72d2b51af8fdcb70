// An instance as AWS's "Instance" shape, with what a client may rely on and nothing that is not so here.
#include "api/ec2/instance_view.hpp"
#include "api/ec2/names.hpp"
#include "api/ec2/tags.hpp"

namespace stipend::api {
namespace {

namespace ec2 = aws::ec2;

ec2::GroupIdentifier default_group(const domain::Instance& row) {
  return {.group_id = default_group_id(row.account), .group_name = "default"};
}

void fill(const InstanceView& view, ec2::InstanceNetworkInterface& interface) {
  const auto& row = *view.instance;
  const auto& settings = *view.settings;
  const auto private_name = private_dns_name(settings, row.private_address);
  auto& address = interface.private_ip_addresses.emplace_back();
  if (!row.public_address.empty()) {
    interface.association.emplace();
    interface.association->ip_owner_id = address_owner(view);
    interface.association->public_dns_name = public_dns_name(row.public_address);
    interface.association->public_ip = row.public_address;
    address.association = interface.association;
  }
  auto& attachment = interface.attachment.emplace();
  attachment.attach_time = row.created;
  attachment.attachment_id = interface_attachment_id(row.id);
  attachment.delete_on_termination = true;
  attachment.device_index = 0;
  attachment.network_card_index = 0;
  attachment.status = "attached";
  address.primary = true;
  address.private_dns_name = private_name;
  address.private_ip_address = row.private_address;
  interface.description = "";
  interface.groups.push_back(default_group(row));
  interface.interface_type = "interface";
  interface.network_interface_id = network_interface_id(row.id);
  interface.owner_id = row.account.str();
  interface.private_dns_name = private_name;
  interface.private_ip_address = row.private_address;
  interface.source_dest_check = true;
  interface.status = "in-use";
  interface.subnet_id = subnet_id(row.account, row.zone);
  interface.vpc_id = vpc_id(row.account);
}

ec2::InstanceBlockDeviceMapping to_mapping(const domain::Disk& disk, std::string_view device, base::WallTime since) {
  ec2::InstanceBlockDeviceMapping mapping;
  mapping.device_name = device;
  auto& ebs = mapping.ebs.emplace();
  ebs.attach_time = since;
  ebs.delete_on_termination = disk.delete_on_termination;
  ebs.status = "attached";
  ebs.volume_id = disk.id.str();
  return mapping;
}

// What a terminated instance no longer has.
void add_network_and_disk(ec2::Instance& out, const InstanceView& view) {
  const auto& row = *view.instance;
  out.private_ip_address = row.private_address;
  if (!row.public_address.empty()) out.public_ip_address = row.public_address;
  out.subnet_id = subnet_id(row.account, row.zone);
  out.vpc_id = vpc_id(row.account);
  out.source_dest_check = true;
  out.security_groups.push_back(default_group(row));
  fill(view, out.network_interfaces.emplace_back());
  if (view.root_disk && !view.root_disk->deleted)
    out.block_device_mappings.push_back(to_mapping(*view.root_disk, kRootDevice, view.root_disk->created));
  if (view.home_disk) out.block_device_mappings.push_back(to_mapping(*view.home_disk, kHomeDevice, row.launched));
}

}  // namespace

void fill(const InstanceView& view, ec2::Instance& out) {
  const auto& row = *view.instance;
  const bool terminated = row.state == domain::InstanceState::kTerminated;
  out.instance_id = row.id.str();
  out.image_id = row.image.str();
  out.state = to_aws(row.state);
  out.private_dns_name = terminated ? "" : private_dns_name(*view.settings, row.private_address);
  out.public_dns_name = terminated ? "" : public_dns_name(row.public_address);
  out.state_transition_reason = row.transition_reason;
  if (!row.key_name.empty()) out.key_name = row.key_name;
  out.ami_launch_index = row.launch_index;
  out.instance_type = row.type;
  out.launch_time = row.launched;
  auto& placement = out.placement.emplace();
  placement.availability_zone = row.zone;
  placement.availability_zone_id = zone_id(*view.settings, row.zone);
  placement.group_name = "";
  placement.tenancy = "default";
  out.monitoring.emplace().state = "disabled";
  if (!row.state_reason_code.empty())
    out.state_reason = ec2::StateReason{.code = row.state_reason_code, .message = row.state_reason_message};
  else if (row.state == domain::InstanceState::kPending)
    out.state_reason = ec2::StateReason{.code = "pending", .message = "pending"};
  out.architecture = "x86_64";
  out.root_device_type = "ebs";
  out.root_device_name = kRootDevice;
  out.virtualization_type = "hvm";  // clients filter for it; AWS knows no word for a container
  out.hypervisor = "xen";           // the one value AWS answers for all
  if (!row.client_token.empty()) out.client_token = row.client_token;
  out.ebs_optimized = false;
  out.platform_details = "Linux/UNIX";
  out.usage_operation = "RunInstances";
  out.usage_operation_update_time = row.created;
  out.tags = to_aws(row.tags);
  if (!terminated) add_network_and_disk(out, view);
}

ec2::Instance to_aws(const InstanceView& view) {
  ec2::Instance out;
  fill(view, out);
  return out;
}

}  // namespace stipend::api
