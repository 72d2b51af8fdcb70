#include "app/price_list_json.hpp"

#include <algorithm>
#include <initializer_list>
#include <optional>

namespace stipend::app {
namespace {

using Json = nlohmann::ordered_json;
using base::Fault;

std::unexpected<base::Error> invalid(std::string why) { return base::fail(Fault::kInvalid, "InvalidCatalogue", std::move(why)); }

base::Status known(const Json& object, const std::string& of, std::initializer_list<std::string_view> names) {
  for (const auto& [name, value] : object.items())
    if (std::ranges::find(names, name) == names.end()) return invalid(of + " has no \"" + name.substr(0, 40) + "\"");
  return {};
}

base::Result<std::string> text_in(const Json& object, const std::string& of, const char* name, bool needed = true) {
  const auto at = object.find(name);
  if (at == object.end() && !needed) return std::string();
  if (at == object.end() || !at->is_string()) return invalid(of + ": \"" + name + "\" must be text");
  return at->get<std::string>();
}

base::Result<std::int64_t> number_in(const Json& object, const std::string& of, const char* name, bool needed = true) {
  const auto at = object.find(name);
  if (at == object.end() && !needed) return 0;
  if (at == object.end() || !at->is_number_integer()) return invalid(of + ": \"" + name + "\" must be a whole number");
  return at->get<std::int64_t>();
}

// A number would have been a floating-point one on its way here.
base::Result<base::Money> amount_in(const Json& object, const std::string& of, const char* name, std::optional<base::Money> unless_given = {}) {
  const auto at = object.find(name);
  if (at == object.end() && unless_given) return *unless_given;
  if (at == object.end() || !at->is_string()) return invalid(of + ": \"" + name + "\" must be dollars in quotes, like \"0.0464\"");
  const auto amount = base::parse_decimal(at->get<std::string>());
  if (!amount) return invalid(of + ": \"" + name + "\": " + amount.error().message);
  return *amount;
}

Json type_json(const domain::InstanceType& type) {
  Json out{{"name", type.name}, {"vcpus", type.vcpus}, {"memory_mib", type.memory_mib}, {"price_per_hour", base::to_decimal({type.price.nano_per_hour})}};
  if (type.baseline_milli > 0) out["baseline_milli"] = type.baseline_milli;
  if (type.gpus > 0) out["gpus"] = type.gpus;
  if (!type.gpu.empty()) out["gpu"] = type.gpu;
  if (!type.provider.empty()) out["provider"] = type.provider;
  return out;
}

base::Result<domain::InstanceType> type_of(const Json& one) {
  if (!one.is_object()) return invalid("each of \"types\" must be an object");
  domain::InstanceType type;
  TRY_ASSIGN(type.name, text_in(one, "an instance type", "name"));
  const auto of = type.name.substr(0, 40);
  TRY(known(one, of, {"name", "vcpus", "memory_mib", "price_per_hour", "baseline_milli", "gpus", "gpu", "provider"}));
  TRY_ASSIGN(type.vcpus, number_in(one, of, "vcpus"));
  TRY_ASSIGN(type.memory_mib, number_in(one, of, "memory_mib"));
  TRY_ASSIGN(const auto price, amount_in(one, of, "price_per_hour"));
  type.price = {price.nano};
  TRY_ASSIGN(type.baseline_milli, number_in(one, of, "baseline_milli", false));
  TRY_ASSIGN(type.gpus, number_in(one, of, "gpus", false));
  TRY_ASSIGN(type.gpu, text_in(one, of, "gpu", false));
  TRY_ASSIGN(type.provider, text_in(one, of, "provider", false));
  return type;
}

}  // namespace

Json to_json(const domain::Catalogue& catalogue) {
  Json types = Json::array();
  for (const auto& type : catalogue.types) types.push_back(type_json(type));
  return {{"edition", catalogue.edition}, {"source", catalogue.source}, {"gp2_gib_month", base::to_decimal(catalogue.gp2_gib_month)},
          {"snapshot_gib_month", base::to_decimal(catalogue.snapshot_gib_month)}, {"address_hour", base::to_decimal({catalogue.address.nano_per_hour})},
          {"types", std::move(types)}};
}

base::Result<domain::Catalogue> price_list_of(const Json& json, const domain::Catalogue* holds) {
  if (!json.is_object()) return invalid("a price list is a JSON object, as `stipend catalogue show 2026 --json` prints one");
  const std::string of = "the price list";
  TRY(known(json, of, {"edition", "source", "gp2_gib_month", "snapshot_gib_month", "address_hour", "types", "course", "created"}));
  domain::Catalogue catalogue;
  TRY_ASSIGN(catalogue.edition, text_in(json, of, "edition"));
  TRY_ASSIGN(catalogue.source, text_in(json, of, "source"));
  TRY_ASSIGN(catalogue.gp2_gib_month, amount_in(json, of, "gp2_gib_month"));
  TRY_ASSIGN(catalogue.snapshot_gib_month, amount_in(json, of, "snapshot_gib_month", holds ? holds->snapshot_gib_month : base::Money{}));
  TRY_ASSIGN(const auto address, amount_in(json, of, "address_hour", holds ? base::Money{holds->address.nano_per_hour} : base::Money{}));
  catalogue.address = {address.nano};
  const auto types = json.find("types");
  if (types == json.end() || !types->is_array() || types->size() > domain::kTypesMost)
    return invalid(of + ": \"types\" must be a list of at most " + std::to_string(domain::kTypesMost));
  for (const auto& one : *types) {
    TRY_ASSIGN(auto type, type_of(one));
    catalogue.types.push_back(std::move(type));
  }
  TRY(domain::check_price_list(catalogue));
  return catalogue;
}

base::Result<Json> price_list_json_of(const std::string& text) {
  auto json = Json::parse(text, nullptr, false);
  if (json.is_discarded()) return invalid("that is no JSON; print a price list to begin with by `stipend catalogue show 2026 --json`");
  TRY(price_list_of(json));
  return json;
}

}  // namespace stipend::app
