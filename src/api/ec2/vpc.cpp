#include "api/ec2/vpc.hpp"

#include "control/commands/room.hpp"

namespace stipend::api {
namespace {

base::Result<VpcFacts> facts(const domain::State& state) {
  const auto ranges = control::address_ranges(state);
  if (!ranges)
    return fail(Fault::kUnavailable, "Unavailable",
                "The host of the machines is not connected yet; try again in some seconds.");
  VpcFacts result;
  result.cidr = ranges->private_cidr;
  const auto slash = result.cidr.find('/');
  const int bits = slash == result.cidr.npos ? 32 : std::atoi(result.cidr.c_str() + slash + 1);
  result.free_addresses = (std::int64_t{1} << (32 - bits)) - 3;  // network, gateway, broadcast
  for (const auto& [id, row] : state.instances)
    if (row->state != domain::InstanceState::kTerminated) --result.free_addresses;
  return result;
}

}  // namespace

awaitable<base::Result<VpcFacts>> read_vpc(const Context& context) {
  return control::read<VpcFacts>(context.engine(), context.actor,
                                 [](const domain::State& state, base::WallTime) { return facts(state); });
}

}  // namespace stipend::api
