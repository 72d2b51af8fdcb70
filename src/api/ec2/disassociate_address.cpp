#include "aws/ec2/disassociate_address.hpp"

#include "api/ec2/address_view.hpp"
#include "control/commands/addresses.hpp"

namespace stipend::api {
namespace {

base::Result<bool> disassociate(control::Tx& tx, const ec2::DisassociateAddress::Request& request) {
  auto association = request.association_id.value_or("");
  if (request.public_ip) {
    TRY_ASSIGN(const auto* address, address_at(tx.state(), tx.actor().account, *request.public_ip));
    association = address->association;
    if (association.empty()) return true;  // as AWS: once more is no error
  }
  TRY(control::disassociate_address(tx, association, request.dry_run.value_or(false)));
  return true;
}

Answer<ec2::DisassociateAddress> disassociate_address(Context context, ec2::DisassociateAddress::Request request) {
  if (request.association_id && request.public_ip)
    co_return fail(Fault::kInvalid, "InvalidParameterCombination", "You may specify public IP or association id, but not both in the same call");
  if (!request.association_id && !request.public_ip)
    co_return fail(Fault::kInvalid, "MissingParameter", "Either public IP or association id must be specified");
  CO_TRY((co_await control::run<bool>(context.engine(), context.actor, [request](control::Tx& tx) { return disassociate(tx, request); })));
  co_return ec2::DisassociateAddress::Response{};
}

}  // namespace

extern constinit const Entry kEc2DisassociateAddress = entry<ec2::DisassociateAddress, disassociate_address>();

}  // namespace stipend::api
