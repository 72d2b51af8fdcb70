#include "aws/ec2/describe_addresses_attribute.hpp"

#include "api/describe/page.hpp"
#include "api/ec2/address_view.hpp"

namespace stipend::api {
namespace {

// The one attribute there is says which name the address resolves to; nobody's does here. Terraform asks for it.
Answer<ec2::DescribeAddressesAttribute> describe_addresses_attribute(Context context, ec2::DescribeAddressesAttribute::Request request) {
  const PageRequest paging{request.max_results, request.next_token};
  CO_TRY(no_page_with_ids(paging, !request.allocation_ids.empty(), "allocationIdsSet"));
  CO_TRY_ASSIGN(auto views, co_await read_addresses(context, request.allocation_ids));
  CO_TRY_ASSIGN(auto page, cut_page(std::move(views), paging, {.min = 1}, *context.cursors, context.cursor_scope(),
                                    [](const AddressView& view) { return view.address->id; }));
  ec2::DescribeAddressesAttribute::Response response;
  for (const auto& view : page.rows) {
    auto& out = response.addresses.emplace_back();
    out.allocation_id = view.address->id;
    out.public_ip = view.address->address;
  }
  response.next_token = std::move(page.next_token);
  co_return response;
}

}  // namespace

extern constinit const Entry kEc2DescribeAddressesAttribute = entry<ec2::DescribeAddressesAttribute, describe_addresses_attribute>();

}  // namespace stipend::api
