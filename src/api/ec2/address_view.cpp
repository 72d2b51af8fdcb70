#include "api/ec2/address_view.hpp"

#include <fmt/format.h>

#include "api/ec2/ids.hpp"
#include "api/ec2/names.hpp"
#include "api/ec2/tags.hpp"
#include "control/commands/addresses.hpp"

namespace stipend::api {
namespace {

using Views = std::vector<AddressView>;
using Field = FilterTable<AddressView>::Field;

Views gather(const domain::State& state, const Settings& settings, const base::AccountId& account) {
  Views views;
  const auto mine = state.addresses_of.find(account);
  if (mine == state.addresses_of.end()) return views;
  for (const auto& id : mine->second) {
    const auto& address = state.elastic_addresses.at(id);
    const auto at = state.instances.find(address->instance);
    views.push_back({address, at == state.instances.end() ? nullptr : at->second, &settings});
  }
  return views;
}

bool has(const std::vector<std::string>& texts, const std::string& text) { return std::ranges::find(texts, text) != texts.end(); }

base::Status keep_named(Views& views, const std::vector<std::string>& ids, const std::vector<std::string>& dotted) {
  std::vector<std::string> unknown;
  for (const auto& id : ids)
    if (std::ranges::none_of(views, [&](const AddressView& view) { return view.address->id == id; })) unknown.push_back(id.substr(0, 64));
  if (!unknown.empty()) return ids_not_found(kAllocationIds, unknown);
  for (const auto& one : dotted)
    if (std::ranges::none_of(views, [&](const AddressView& view) { return view.address->address == one; }))
      return fail(Fault::kNotFound, "InvalidAddress.NotFound", fmt::format("Address '{}' not found.", one.substr(0, 64)));
  if (!ids.empty() || !dotted.empty())
    std::erase_if(views, [&](const AddressView& view) { return !has(ids, view.address->id) && !has(dotted, view.address->address); });
  return {};
}

constexpr Field kFields[] = {
    {"allocation-id", [](const AddressView& v, Probe& p) { p(v.address->id); }},
    {"association-id", [](const AddressView& v, Probe& p) { if (v.instance) p(v.address->association); }},
    {"domain", [](const AddressView&, Probe& p) { p("vpc"); }},
    {"instance-id", [](const AddressView& v, Probe& p) { if (v.instance) p(v.instance->id.str()); }},
    {"network-border-group", [](const AddressView& v, Probe& p) { p(v.settings->region); }},
    {"network-interface-id", [](const AddressView& v, Probe& p) { if (v.instance) p(network_interface_id(v.instance->id)); }},
    {"network-interface-owner-id", [](const AddressView& v, Probe& p) { if (v.instance) p(v.instance->account.str()); }},
    {"private-ip-address", [](const AddressView& v, Probe& p) { if (v.instance) p(v.instance->private_address); }},
    {"public-ip", [](const AddressView& v, Probe& p) { p(v.address->address); }},
    {"public-ipv4-pool", [](const AddressView&, Probe& p) { p(kAddressPool); }},
};

}  // namespace

const FilterTable<AddressView> kAddressFilters{kFields, {}, [](const AddressView& v) -> const domain::Tags& { return v.address->tags; }};

awaitable<base::Result<Views>> read_addresses(const Context& context, std::vector<std::string> ids, std::vector<std::string> dotted) {
  return control::read<Views>(context.engine(), context.actor,
                              [settings = &context.settings(), account = context.account(), ids = std::move(ids), dotted = std::move(dotted)](
                                  const domain::State& state, base::WallTime) -> base::Result<Views> {
                                auto views = gather(state, *settings, account);
                                TRY(keep_named(views, ids, dotted));
                                return views;
                              });
}

base::Result<const domain::Address*> address_at(const domain::State& state, const base::AccountId& account, const std::string& dotted) {
  if (const auto* address = control::find_elastic_address(state, account, dotted)) return address;
  return fail(Fault::kDenied, "AuthFailure", fmt::format("The address '{}' does not belong to you.", dotted.substr(0, 64)));
}

aws::ec2::Address to_aws(const AddressView& view) {
  const auto& row = *view.address;
  aws::ec2::Address out;
  out.allocation_id = row.id;
  out.public_ip = row.address;
  out.domain = "vpc";
  out.public_ipv4_pool = kAddressPool;
  out.network_border_group = view.settings->region;
  out.tags = to_aws(row.tags);
  if (!view.instance) return out;
  out.association_id = row.association;
  out.instance_id = view.instance->id.str();
  out.network_interface_id = network_interface_id(view.instance->id);
  out.network_interface_owner_id = view.instance->account.str();
  out.private_ip_address = view.instance->private_address;
  return out;
}

}  // namespace stipend::api
