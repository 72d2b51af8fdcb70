// An elastic address with the machine it is associated with. Taken on the strand, turned into AWS's "Address" off it.
#pragma once

#include <string>
#include <vector>

#include "api/describe/filter.hpp"
#include "api/operation.hpp"
#include "aws/ec2/shapes/address.hpp"
#include "domain/state.hpp"

namespace stipend::api {

inline constexpr std::string_view kAddressPool = "amazon";  // AWS's own addresses; there is no other pool here

struct AddressView {
  domain::RowPtr<domain::Address> address;
  domain::RowPtr<domain::Instance> instance;  // null: associated with none
  const Settings* settings = nullptr;
};

// The account's, by id: all, or those that are named by id or address. InvalidAllocationID.NotFound, InvalidAddress.NotFound.
awaitable<base::Result<std::vector<AddressView>>> read_addresses(const Context& context, std::vector<std::string> ids,
                                                                 std::vector<std::string> dotted = {});

// Of a request that names an address by its dotted quad, which is AWS's old way: AuthFailure when it is not the account's.
base::Result<const domain::Address*> address_at(const domain::State& state, const base::AccountId& account, const std::string& dotted);

aws::ec2::Address to_aws(const AddressView& view);

extern const FilterTable<AddressView> kAddressFilters;

}  // namespace stipend::api
