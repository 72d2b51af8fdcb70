// What a course sells, as products of the AWS Price List: its instance types and gp2 volumes at the prices of now. Pure but for
// read_products().
// "Price list JSON", "Reading the price list files" of the AWS Billing User Guide.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <string>
#include <utility>
#include <vector>

#include "api/context.hpp"
#include "domain/catalogue.hpp"

namespace stipend::api {

struct Product {
  std::string family;  // "Compute Instance", "Storage"
  std::string sku;     // of the place and the thing: the same in every price list
  std::vector<std::pair<std::string_view, std::string>> attributes;
  std::string unit, description;
  base::Money price;
  // The value of an attribute, also "productFamily", "sku" and "serviceCode"; null: it has none.
  const std::string* attribute(std::string_view name) const;
};

struct ProductList {
  std::vector<Product> products;  // by sku
  std::string version;            // the price list's edition
  base::WallTime effective;       // since when the course sells at it
};

ProductList products(const domain::Catalogue& catalogue, base::WallTime effective, const Settings& settings);
// At what the caller's course sells now.
boost::asio::awaitable<base::Result<ProductList>> read_products(Context context);
// An element of PriceList: a JSON text.
std::string price_list_item(const Product& product, const ProductList& list);

// All that some product has, sorted.
const std::vector<std::string>& attribute_names();

// InvalidParameterException for another service or format than there is.
base::Status check_service(const std::optional<std::string>& code);
base::Status check_format(const std::optional<std::string>& version);
inline constexpr std::string_view kFormatVersion = "aws_v1";

}  // namespace stipend::api
