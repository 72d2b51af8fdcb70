#include "domain/catalogue.hpp"

#include <algorithm>

#include "domain/catalogue_data.hpp"

namespace stipend::domain {

const Catalogue* find_catalogue(std::string_view edition) {
  for (const auto& catalogue : catalogues())
    if (catalogue.edition == edition) return &catalogue;
  return nullptr;
}

const InstanceType* find_type(const Catalogue& catalogue, std::string_view name) {
  const auto at = std::ranges::lower_bound(catalogue.types, name, {}, &InstanceType::name);
  return at == catalogue.types.end() || at->name != name ? nullptr : &*at;
}

Price disk_price(const Catalogue& catalogue, std::int64_t gib) {
  constexpr std::int64_t kHoursOfMonth = 730;
  return {base::mul_div(catalogue.gp2_gib_month, gib, kHoursOfMonth, base::Rounding::kCeil).nano};
}

}  // namespace stipend::domain
