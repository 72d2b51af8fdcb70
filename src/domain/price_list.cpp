#include "domain/price_list.hpp"

#include <algorithm>

namespace stipend::domain {
namespace {

using base::Fault;

bool is_letter(char c) { return c >= 'a' && c <= 'z'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

// "t2.micro", "u-6tb1.56xlarge": a family, a dot, a size.
bool is_type_name(std::string_view name) {
  const auto dot = name.find('.');
  if (name.size() > 40 || dot == name.npos || dot == 0 || dot + 1 == name.size() || !is_letter(name.front())) return false;
  return std::ranges::all_of(name, [&](const char& c) { return is_letter(c) || is_digit(c) || c == '-' || &c == name.data() + dot; });
}

bool is_plain(std::string_view text, std::size_t most) {
  return text.size() <= most && std::ranges::all_of(text, [](char c) { return c >= 0x20 && c < 0x7f; });
}

std::unexpected<base::Error> invalid(std::string why) { return base::fail(Fault::kInvalid, "InvalidCatalogue", std::move(why)); }
std::unexpected<base::Error> no_step(std::string why) { return base::fail(Fault::kInvalid, "InvalidPriceStep", std::move(why)); }

base::Status check_type(const InstanceType& type) {
  constexpr std::int64_t kVcpusMost = 1'024, kMemoryMost = 32LL * 1024 * 1024, kGpusMost = 64;
  if (!is_type_name(type.name)) return invalid("'" + type.name.substr(0, 40) + "' is no name of an instance type; names are like t2.micro");
  const auto wrong = [&](const std::string& what) { return invalid(type.name + ": " + what); };
  if (type.vcpus < 1 || type.vcpus > kVcpusMost) return wrong("vcpus are from 1 to " + std::to_string(kVcpusMost));
  if (type.memory_mib < 64 || type.memory_mib > kMemoryMost) return wrong("memory_mib is from 64 to " + std::to_string(kMemoryMost));
  if (Money{type.price.nano_per_hour} <= Money{} || Money{type.price.nano_per_hour} > kHourMost)
    return wrong("price_per_hour is above 0 and at most " + base::to_decimal(kHourMost) + "; what costs nothing is a matter of free hours");
  if (type.baseline_milli < 0 || type.baseline_milli > type.vcpus * 1000) return wrong("baseline_milli is from 0 to 1000 for each vCPU");
  if (!type.provider.empty() && type.provider != "ec2") return wrong("a provider is \"ec2\", or left out");
  if (type.gpus < 0 || type.gpus > kGpusMost) return wrong("gpus are from 0 to " + std::to_string(kGpusMost));
  if ((type.gpus > 0) != !type.gpu.empty()) return wrong("gpus and gpu, the kind of them, are both given or both left out");
  if (!is_plain(type.gpu, 40)) return wrong("gpu is at most 40 plain characters");
  if (type.gpus > 0 && type.provider != "ec2") return wrong("a type with a GPU has the provider \"ec2\"");
  return {};
}

std::string listed(const std::vector<std::string>& names) {
  constexpr std::size_t kShown = 20;
  std::string out;
  for (std::size_t i = 0; i < std::min(names.size(), kShown); ++i) out += (i == 0 ? "" : ", ") + names[i];
  return names.size() > kShown ? out + " and " + std::to_string(names.size() - kShown) + " more" : out;
}

}  // namespace

bool is_edition_name(std::string_view name) {
  const auto is_begin = [](char c) { return is_letter(c) || is_digit(c) || (c >= 'A' && c <= 'Z'); };
  return !name.empty() && name.size() <= 40 && is_begin(name.front()) &&
         std::ranges::all_of(name, [&](char c) { return is_begin(c) || c == '.' || c == '-' || c == '_'; });
}

base::Status check_price_list(Catalogue& catalogue) {
  if (!is_edition_name(catalogue.edition))
    return invalid("the name of an edition has at most 40 letters, digits, '.', '-' and '_', and begins with a letter or a digit");
  if (catalogue.types.empty() || catalogue.types.size() > kTypesMost)
    return invalid("a price list has from 1 to " + std::to_string(kTypesMost) + " instance types");
  if (catalogue.gp2_gib_month < Money{} || catalogue.gp2_gib_month > kGibMonthMost)
    return invalid("gp2_gib_month, what a GiB of disk costs in 730 hours, is from 0 to " + base::to_decimal(kGibMonthMost));
  if (catalogue.snapshot_gib_month < Money{} || catalogue.snapshot_gib_month > kGibMonthMost)
    return invalid("snapshot_gib_month, what a GiB that a snapshot occupies costs in 730 hours, is from 0 to " + base::to_decimal(kGibMonthMost));
  if (Money{catalogue.address.nano_per_hour} < Money{} || Money{catalogue.address.nano_per_hour} > kAddressHourMost)
    return invalid("address_hour, what an elastic address costs in an hour in which no machine runs with it, is from 0 to " +
                   base::to_decimal(kAddressHourMost));
  for (const auto& type : catalogue.types) TRY(check_type(type));
  std::ranges::sort(catalogue.types, {}, &InstanceType::name);
  const auto twice = std::ranges::adjacent_find(catalogue.types, {}, &InstanceType::name);
  if (twice != catalogue.types.end()) return invalid(twice->name + " is there twice");
  return {};
}

std::vector<std::string> types_missing(const Catalogue& older, const Catalogue& newer) {
  std::vector<std::string> missing;
  for (const auto& type : older.types)
    if (!find_type(newer, type.name)) missing.push_back(type.name);
  return missing;
}

base::Result<std::vector<PriceStep>> with_step(const State& state, const Course& course, PriceStep step, WallTime now) {
  step.from = std::max(step.from, now.plus_ms(1));  // what starts at this instant has its price already
  const auto* added = find_catalogue(state, step.edition);
  if (!added || (!added->course.empty() && added->course != course.id))
    return base::fail(Fault::kNotFound, "NoSuchCatalogue", "the course has no price list '" + step.edition.substr(0, 40) + "'");
  if (now.ms_until(step.from) > kStepFurthestS * 1000) return no_step("prices change within ten years");
  if (course.prices.size() >= kStepsMost)
    return no_step("the prices of a course change at most " + std::to_string(kStepsMost) + " times; cancel a change that has not begun");
  auto steps = course.prices;
  const auto next = std::ranges::upper_bound(steps, step.from, {}, &PriceStep::from);
  if (next != steps.begin() && std::prev(next)->from == step.from)
    return no_step("at " + base::to_iso8601(step.from) + " the prices change to " + std::prev(next)->edition + " already; cancel that, or take another instant");
  const auto& before = next == steps.begin() ? course.catalogue : std::prev(next)->edition;
  const auto carries = [&](const std::string& older, const std::string& newer) -> base::Status {
    const auto* from = find_catalogue(state, older);
    const auto* to = find_catalogue(state, newer);
    if (!from || !to) return no_step("the price list '" + (from ? newer : older) + "' is gone");
    const auto missing = types_missing(*from, *to);
    if (missing.empty()) return {};
    return no_step("the price list " + newer + " lacks types of " + older + ", which holds before it: " + listed(missing) +
                   ". Machines of them must go on; add these types, and forbid them with `stipend course policy --types` if they shall not be used");
  };
  TRY(carries(before, step.edition));
  if (next != steps.end()) TRY(carries(step.edition, next->edition));
  steps.insert(next, std::move(step));
  return steps;
}

base::Result<std::vector<PriceStep>> without_steps(const Course& course, std::string_view edition, WallTime now) {
  auto steps = course.prices;
  if (std::erase_if(steps, [&](const PriceStep& step) { return step.edition == edition && step.from > now; }) == 0)
    return base::fail(Fault::kNotFound, "NoSuchPriceStep",
                      "no change to the price list '" + std::string(edition.substr(0, 40)) + "' is yet to begin; what has begun is never taken back");
  return steps;
}

}  // namespace stipend::domain
