#include "aws/ec2/allocate_address.hpp"

#include <fmt/format.h>

#include "api/ec2/address_view.hpp"
#include "api/ec2/launch_request.hpp"
#include "api/ec2/tags.hpp"
#include "control/commands/addresses.hpp"

namespace stipend::api {
namespace {

using AddressRow = domain::RowPtr<domain::Address>;

base::Status check(const ec2::AllocateAddress::Request& request, const Settings& settings) {
  if (request.domain.value_or("vpc") != "vpc") return not_served("Domain", "every address is for use in a VPC");
  if (request.address) return not_served("Address", "an address that was released may be anybody's");
  if (request.public_ipv4_pool.value_or(std::string(kAddressPool)) != kAddressPool) return not_served("PublicIpv4Pool", "there is one pool, amazon");
  if (request.customer_owned_ipv4_pool) return not_served("CustomerOwnedIpv4Pool", "there is one pool, amazon");
  if (request.ipam_pool_id) return not_served("IpamPoolId", "there is one pool, amazon");
  if (const auto group = request.network_border_group.value_or(settings.region); group != settings.region)
    return fail(Fault::kInvalid, "InvalidParameterValue",
                fmt::format("The network border group '{}' is not valid; it is {}.", group.substr(0, 64), settings.region));
  return {};
}

Answer<ec2::AllocateAddress> allocate_address(Context context, ec2::AllocateAddress::Request request) {
  CO_TRY(check(request, context.settings()));
  constexpr std::string_view kTaggable[] = {"elastic-ip"};
  control::AllocateAddress wish;
  CO_TRY_ASSIGN(wish.tags, tags_for(request.tag_specifications, "elastic-ip", kTaggable));
  wish.dry_run = request.dry_run.value_or(false);
  CO_TRY_ASSIGN(const auto row, co_await control::run<AddressRow>(context.engine(), context.actor, [wish](control::Tx& tx) {
                  return control::allocate_address(tx, wish);
                }));
  ec2::AllocateAddress::Response response;
  response.allocation_id = row->id;
  response.public_ip = row->address;
  response.domain = "vpc";
  response.public_ipv4_pool = kAddressPool;
  response.network_border_group = context.settings().region;
  co_return response;
}

}  // namespace

extern constinit const Entry kEc2AllocateAddress = entry<ec2::AllocateAddress, allocate_address>();

}  // namespace stipend::api
