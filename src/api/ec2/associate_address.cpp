#include "aws/ec2/associate_address.hpp"

#include <fmt/format.h>

#include <array>

#include "api/ec2/address_view.hpp"
#include "api/ec2/ids.hpp"
#include "api/ec2/names.hpp"
#include "control/commands/addresses.hpp"

namespace stipend::api {
namespace {

using Request = ec2::AssociateAddress::Request;

base::Status check(const Request& request) {
  if (request.allocation_id && request.public_ip)
    return fail(Fault::kInvalid, "InvalidParameterCombination", "You may specify public IP or allocation id, but not both in the same call");
  if (!request.allocation_id && !request.public_ip)
    return fail(Fault::kInvalid, "MissingParameter", "Either public IP or allocation id must be specified");
  if (request.instance_id && request.network_interface_id)
    return fail(Fault::kInvalid, "InvalidParameterCombination",
                "You may specify instance id or network interface id, but not both in the same call");
  if (!request.instance_id && !request.network_interface_id)
    return fail(Fault::kInvalid, "MissingParameter", "Either instance id or network interface id must be specified");
  return {};
}

// A machine has one interface, whose id follows from its own.
base::Result<base::InstanceId> machine_with(const domain::State& state, const base::AccountId& account, const std::string& interface) {
  if (const auto mine = state.instances_of.find(account); mine != state.instances_of.end())
    for (const auto& id : mine->second)
      if (state.instances.at(id)->state != domain::InstanceState::kTerminated && network_interface_id(id) == interface) return id;
  return fail(Fault::kNotFound, "InvalidNetworkInterfaceID.NotFound",
              fmt::format("The networkInterface ID '{}' does not exist", interface.substr(0, 64)));
}

base::Status check_private(const domain::State& state, const base::InstanceId& id, const std::string& address) {
  const auto* instance = state.find<domain::Instance>(id);
  if (!instance || instance->private_address == address) return {};  // which one is not there is the command's to say
  return fail(Fault::kInvalid, "InvalidParameterValue",
              fmt::format("{} is not mapped to the interface {}", address.substr(0, 64), network_interface_id(id)));
}

base::Result<std::string> associate(control::Tx& tx, const Request& request, const std::optional<base::InstanceId>& machine) {
  const auto& account = tx.actor().account;
  control::AssociateAddress wish;
  wish.allow_reassociation = request.allow_reassociation.value_or(true);
  wish.dry_run = request.dry_run.value_or(false);
  if (request.allocation_id) {
    wish.address = *request.allocation_id;
  } else {
    TRY_ASSIGN(const auto* address, address_at(tx.state(), account, *request.public_ip));
    wish.address = address->id;
  }
  if (machine) {
    wish.instance = *machine;
  } else {
    TRY_ASSIGN(wish.instance, machine_with(tx.state(), account, *request.network_interface_id));
  }
  if (request.private_ip_address) TRY(check_private(tx.state(), wish.instance, *request.private_ip_address));
  return control::associate_address(tx, wish);
}

Answer<ec2::AssociateAddress> associate_address(Context context, Request request) {
  CO_TRY(check(request));
  std::optional<base::InstanceId> machine;
  if (request.instance_id) {
    const std::array<std::string, 1> texts = {*request.instance_id};
    CO_TRY_ASSIGN(const auto ids, parse_ids<base::InstanceId>(kInstanceIds, texts));
    machine = ids.front();
  }
  ec2::AssociateAddress::Response response;
  CO_TRY_ASSIGN(response.association_id,
                co_await control::run<std::string>(context.engine(), context.actor, [request, machine](control::Tx& tx) {
                  return associate(tx, request, machine);
                }));
  co_return response;
}

}  // namespace

extern constinit const Entry kEc2AssociateAddress = entry<ec2::AssociateAddress, associate_address>();

}  // namespace stipend::api
