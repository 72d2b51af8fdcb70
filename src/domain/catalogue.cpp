#include "domain/catalogue.hpp"

#include <algorithm>

#include "domain/catalogue_data.hpp"

namespace stipend::domain {

const Catalogue* find_catalogue(std::string_view edition) {
  for (const auto& catalogue : catalogues())
    if (catalogue.edition == edition) return &catalogue;
  return nullptr;
}

const Catalogue* find_catalogue(const State& state, std::string_view edition) {
  if (const auto* built_in = find_catalogue(edition)) return built_in;
  return state.find<Catalogue>(std::string(edition));
}

const std::string& edition_at(const Course& course, WallTime at) {
  const auto* edition = &course.catalogue;
  for (const auto& step : course.prices)
    if (step.from <= at) edition = &step.edition;
  return *edition;
}

const Catalogue* catalogue_at(const State& state, const Course& course, WallTime at) {
  return find_catalogue(state, edition_at(course, at));
}

const InstanceType* find_type(const Catalogue& catalogue, std::string_view name) {
  const auto at = std::ranges::lower_bound(catalogue.types, name, {}, &InstanceType::name);
  return at == catalogue.types.end() || at->name != name ? nullptr : &*at;
}

constexpr std::int64_t kHoursOfMonth = 730;

Price disk_price(const Catalogue& catalogue, std::int64_t gib) {
  return {base::mul_div(catalogue.gp2_gib_month, gib, kHoursOfMonth, base::Rounding::kCeil).nano};
}

Price snapshot_price(const Catalogue& catalogue, std::int64_t stored_mib) {
  return {base::mul_div(catalogue.snapshot_gib_month, stored_mib, 1024 * kHoursOfMonth, base::Rounding::kCeil).nano};
}

}  // namespace stipend::domain
