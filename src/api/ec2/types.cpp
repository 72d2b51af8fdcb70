#include "api/ec2/types.hpp"

#include <algorithm>

namespace stipend::api {
namespace {

using Types = std::vector<TypePointer>;

Types types_of(const domain::State& state, const base::AccountId& account, base::WallTime now) {
  Types types;
  const auto* row = state.find<domain::Account>(account);
  const auto* course = row == nullptr ? nullptr : state.find<domain::Course>(row->course);
  const auto* catalogue = course == nullptr ? nullptr : domain::catalogue_at(state, *course, now);
  if (catalogue == nullptr) return types;
  for (const auto& type : catalogue->types)
    if (type.provider.empty()) types.push_back(&type);
  std::ranges::sort(types, {}, [](TypePointer type) -> const std::string& { return type->name; });
  return types;
}

}  // namespace

awaitable<base::Result<Types>> read_types(const Context& context) {
  return control::read<Types>(context.engine(), context.actor,
                              [account = context.account()](const domain::State& state, base::WallTime now) {
                                return base::Result<Types>(types_of(state, account, now));
                              });
}

aws::ec2::InstanceTypeInfo to_aws(const domain::InstanceType& type) {
  aws::ec2::InstanceTypeInfo out;
  out.instance_type = type.name;
  out.current_generation = true;
  out.free_tier_eligible = false;
  out.supported_usage_classes = {"on-demand"};
  out.supported_root_device_types = {"ebs"};
  out.supported_virtualization_types = {"hvm"};
  out.bare_metal = false;
  out.hypervisor = "xen";
  out.processor_info.emplace().supported_architectures = {"x86_64"};
  auto& cpu = out.v_cpu_info.emplace();
  cpu.default_v_cpus = type.vcpus;
  cpu.default_cores = type.vcpus;
  cpu.default_threads_per_core = 1;
  out.memory_info.emplace().size_in_mi_b = type.memory_mib;
  out.instance_storage_supported = false;
  auto& ebs = out.ebs_info.emplace();
  ebs.ebs_optimized_support = "unsupported";
  ebs.encryption_support = "unsupported";
  ebs.nvme_support = "unsupported";
  auto& network = out.network_info.emplace();
  network.maximum_network_interfaces = 1;
  network.maximum_network_cards = 1;
  network.ipv4_addresses_per_interface = 1;
  network.ipv6_addresses_per_interface = 0;
  network.ipv6_supported = false;
  network.ena_support = "unsupported";
  network.efa_supported = false;
  if (type.gpus > 0) {
    auto& gpu = out.gpu_info.emplace().gpus.emplace_back();
    gpu.name = type.gpu;
    gpu.manufacturer = "NVIDIA";
    gpu.count = type.gpus;
  }
  out.hibernation_supported = false;
  out.burstable_performance_supported = false;
  out.dedicated_hosts_supported = false;
  out.auto_recovery_supported = false;
  out.supported_in_region = true;
  return out;
}

}  // namespace stipend::api
