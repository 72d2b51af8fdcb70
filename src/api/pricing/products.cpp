#include "api/pricing/products.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <nlohmann/json.hpp>

#include "api/billing/cost.hpp"
#include "domain/billing_words.hpp"
#include "api/operation.hpp"
#include "base/digest.hpp"

namespace stipend::api {
namespace {

// As in every AWS price list: on demand, and the price by the hour.
constexpr std::string_view kOfferTerm = "JRTCKXETXF", kRate = "6YS6EN2CT7";

std::string sku_of(std::string_view region, std::string_view thing) {
  auto sku = base::sha256_hex(fmt::format("{}/{}", region, thing)).substr(0, 16);
  std::ranges::transform(sku, sku.begin(), [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return sku;
}

// "3.75 GiB"
std::string memory(std::int64_t mib) {
  return metric_decimal(base::mul_div({mib}, 1'000'000'000, 1024, base::Rounding::kFloor)).substr(0, 6) + " GiB";
}

std::string quarters(std::int64_t n) { return metric_decimal({n * 250'000'000}); }

Product instance(const domain::InstanceType& type, const Settings& settings) {
  Product product{.family = "Compute Instance", .sku = sku_of(settings.region, type.name), .attributes = {}, .unit = "Hrs", .description = {},
                  .price = {type.price.nano_per_hour}};
  product.description = fmt::format("${} per On Demand Linux {} Instance Hour", metric_decimal(product.price), type.name);
  auto& a = product.attributes;
  a.emplace_back("capacitystatus", "Used");
  if (type.gpus > 0) a.emplace_back("gpu", std::to_string(type.gpus));
  a.emplace_back("instanceFamily", type.gpus > 0 ? "GPU instance" : domain::family_of(type.name).starts_with("c") ? "Compute optimized" : "General purpose");
  a.emplace_back("instanceType", type.name);
  a.emplace_back("licenseModel", "No License required");
  a.emplace_back("location", domain::location_of(settings.region));
  a.emplace_back("locationType", "AWS Region");
  a.emplace_back("marketoption", "OnDemand");
  a.emplace_back("memory", memory(type.memory_mib));
  if (const auto n = domain::normalization_quarters(type.name); n > 0) a.emplace_back("normalizationSizeFactor", quarters(n));
  a.emplace_back("operatingSystem", "Linux");
  a.emplace_back("operation", domain::kRunOperation);
  a.emplace_back("preInstalledSw", "NA");
  a.emplace_back("regionCode", settings.region);
  a.emplace_back("servicecode", domain::kServiceCode);
  a.emplace_back("servicename", "Amazon Elastic Compute Cloud");
  a.emplace_back("storage", "EBS only");
  a.emplace_back("tenancy", "Shared");
  a.emplace_back("usagetype", domain::box_usage(settings.region, type.name));
  a.emplace_back("vcpu", std::to_string(type.vcpus));
  return product;
}

Product volume(const domain::Catalogue& catalogue, const Settings& settings) {
  Product product{.family = "Storage", .sku = sku_of(settings.region, "gp2"), .attributes = {}, .unit = "GB-Mo", .description = {},
                  .price = catalogue.gp2_gib_month};
  product.description = fmt::format("${} per GB-month of General Purpose SSD (gp2) provisioned storage", metric_decimal(product.price));
  auto& a = product.attributes;
  a.emplace_back("location", domain::location_of(settings.region));
  a.emplace_back("locationType", "AWS Region");
  a.emplace_back("operation", domain::kVolumeOperation);
  a.emplace_back("regionCode", settings.region);
  a.emplace_back("servicecode", domain::kServiceCode);
  a.emplace_back("servicename", "Amazon Elastic Compute Cloud");
  a.emplace_back("storageMedia", "SSD-backed");
  a.emplace_back("usagetype", domain::volume_usage(settings.region));
  a.emplace_back("volumeApiName", "gp2");
  a.emplace_back("volumeType", "General Purpose");
  return product;
}

Product snapshot(const domain::Catalogue& catalogue, const Settings& settings) {
  Product product{.family = "Storage Snapshot", .sku = sku_of(settings.region, "snapshot"), .attributes = {}, .unit = "GB-Mo", .description = {},
                  .price = catalogue.snapshot_gib_month};
  product.description = fmt::format("${} per GB-Month of snapshot data stored", metric_decimal(product.price));
  auto& a = product.attributes;
  a.emplace_back("location", domain::location_of(settings.region));
  a.emplace_back("locationType", "AWS Region");
  a.emplace_back("operation", domain::kSnapshotOperation);
  a.emplace_back("regionCode", settings.region);
  a.emplace_back("servicecode", domain::kServiceCode);
  a.emplace_back("servicename", "Amazon Elastic Compute Cloud");
  a.emplace_back("storageMedia", "Amazon S3");
  a.emplace_back("usagetype", domain::snapshot_usage(settings.region));
  return product;
}

Product address(const domain::Catalogue& catalogue, const Settings& settings) {
  Product product{.family = "IP Address", .sku = sku_of(settings.region, "address"), .attributes = {}, .unit = "Hrs", .description = {},
                  .price = {catalogue.address.nano_per_hour}};
  product.description = fmt::format("${} per Elastic IP address not attached to a running instance per hour", metric_decimal(product.price));
  auto& a = product.attributes;
  a.emplace_back("group", "Elastic IP Address");
  a.emplace_back("location", domain::location_of(settings.region));
  a.emplace_back("locationType", "AWS Region");
  a.emplace_back("operation", domain::kAddressOperation);
  a.emplace_back("regionCode", settings.region);
  a.emplace_back("servicecode", domain::kServiceCode);
  a.emplace_back("servicename", "Amazon Elastic Compute Cloud");
  a.emplace_back("usagetype", domain::address_usage(settings.region));
  return product;
}

}  // namespace

const std::string* Product::attribute(std::string_view name) const {
  static const std::string service_code(domain::kServiceCode);
  if (name == "productFamily") return &family;
  if (name == "sku") return &sku;
  if (name == "serviceCode") return &service_code;
  const auto at = std::ranges::find(attributes, name, &std::pair<std::string_view, std::string>::first);
  return at == attributes.end() ? nullptr : &at->second;
}

ProductList products(const domain::Catalogue& catalogue, base::WallTime effective, const Settings& settings) {
  ProductList list{.products = {}, .version = catalogue.edition, .effective = effective};
  for (const auto& type : catalogue.types)
    if (type.provider.empty()) list.products.push_back(instance(type, settings));
  list.products.push_back(volume(catalogue, settings));
  list.products.push_back(snapshot(catalogue, settings));
  list.products.push_back(address(catalogue, settings));
  std::ranges::sort(list.products, {}, &Product::sku);
  return list;
}

boost::asio::awaitable<base::Result<ProductList>> read_products(Context context) {
  co_return co_await control::read<ProductList>(
      context.engine(), context.actor,
      [account = context.account(), settings = context.settings()](const domain::State& state, base::WallTime now) -> base::Result<ProductList> {
        const auto* row = state.find<domain::Account>(account);
        const auto* course = row ? state.find<domain::Course>(row->course) : nullptr;
        const auto* catalogue = course ? domain::catalogue_at(state, *course, now) : nullptr;
        if (!catalogue) return fail(Fault::kNotFound, "NotFoundException", "The account's course has no price list.");
        auto effective = course->created;
        for (const auto& step : course->prices)
          if (step.from <= now) effective = step.from;
        return products(*catalogue, effective, settings);
      });
}

std::string price_list_item(const Product& product, const ProductList& list) {
  using Json = nlohmann::ordered_json;
  const auto term = fmt::format("{}.{}", product.sku, kOfferTerm), rate = fmt::format("{}.{}", term, kRate);
  const auto effective = base::to_iso8601(list.effective).substr(0, 19) + "Z";
  Json attributes = Json::object();
  for (const auto& [name, value] : product.attributes) attributes[std::string(name)] = value;
  // AWS writes prices with ten decimals.
  auto price = base::to_decimal(product.price);
  price.append(10 - (price.size() - price.find('.') - 1), '0');
  const Json dimension = {{"unit", product.unit},   {"endRange", "Inf"},  {"description", product.description}, {"appliesTo", Json::array()},
                          {"rateCode", rate},       {"beginRange", "0"},  {"pricePerUnit", {{"USD", price}}}};
  const Json offer = {{"priceDimensions", {{rate, dimension}}}, {"sku", product.sku}, {"effectiveDate", effective}, {"offerTermCode", kOfferTerm},
                      {"termAttributes", Json::object()}};
  const Json item = {{"product", {{"productFamily", product.family}, {"attributes", attributes}, {"sku", product.sku}}},
                     {"serviceCode", domain::kServiceCode},
                     {"terms", {{"OnDemand", {{term, offer}}}}},
                     {"version", list.version},
                     {"publicationDate", effective}};
  return item.dump();
}

const std::vector<std::string>& attribute_names() {
  static const std::vector<std::string> names = {
      "capacitystatus", "gpu", "group", "instanceFamily", "instanceType", "licenseModel", "location", "locationType", "marketoption", "memory",
      "normalizationSizeFactor", "operatingSystem", "operation", "preInstalledSw", "productFamily", "regionCode", "servicecode", "servicename",
      "storage", "storageMedia", "tenancy", "usagetype", "vcpu", "volumeApiName", "volumeType"};
  return names;
}

base::Status check_service(const std::optional<std::string>& code) {
  if (!code || *code == domain::kServiceCode) return {};
  return fail(Fault::kInvalid, "InvalidParameterException", fmt::format("The service code {} is not valid: AmazonEC2 is what is sold here.", code->substr(0, 60)));
}

base::Status check_format(const std::optional<std::string>& version) {
  if (!version || *version == kFormatVersion) return {};
  return fail(Fault::kInvalid, "InvalidParameterException", "The format version of the price list is aws_v1.");
}

}  // namespace stipend::api
