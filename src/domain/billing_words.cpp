#include "domain/billing_words.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>

namespace stipend::domain {
namespace {

struct Place {
  std::string_view region, prefix, location;
};

constexpr std::array kPlaces = std::to_array<Place>({
    {"af-south-1", "AFS1", "Africa (Cape Town)"},
    {"ap-east-1", "APE1", "Asia Pacific (Hong Kong)"},
    {"ap-northeast-1", "APN1", "Asia Pacific (Tokyo)"},
    {"ap-northeast-2", "APN2", "Asia Pacific (Seoul)"},
    {"ap-northeast-3", "APN3", "Asia Pacific (Osaka)"},
    {"ap-south-1", "APS3", "Asia Pacific (Mumbai)"},
    {"ap-southeast-1", "APS1", "Asia Pacific (Singapore)"},
    {"ap-southeast-2", "APS2", "Asia Pacific (Sydney)"},
    {"ca-central-1", "CAN1", "Canada (Central)"},
    {"eu-central-1", "EUC1", "EU (Frankfurt)"},
    {"eu-central-2", "EUC2", "Europe (Zurich)"},
    {"eu-north-1", "EUN1", "EU (Stockholm)"},
    {"eu-south-1", "EUS1", "EU (Milan)"},
    {"eu-west-1", "EU", "EU (Ireland)"},
    {"eu-west-2", "EUW2", "EU (London)"},
    {"eu-west-3", "EUW3", "EU (Paris)"},
    {"me-south-1", "MES1", "Middle East (Bahrain)"},
    {"sa-east-1", "SAE1", "South America (Sao Paulo)"},
    {"us-east-1", "", "US East (N. Virginia)"},
    {"us-east-2", "USE2", "US East (Ohio)"},
    {"us-west-1", "USW1", "US West (N. California)"},
    {"us-west-2", "USW2", "US West (Oregon)"},
});

const Place* place_of(std::string_view region) {
  const auto at = std::ranges::lower_bound(kPlaces, region, {}, &Place::region);
  return at != kPlaces.end() && at->region == region ? &*at : nullptr;
}

// Of a region of an operator's own: its name in capitals, so that no two are alike.
std::string with_prefix(std::string_view region, std::string usage) {
  std::string prefix;
  if (const auto* place = place_of(region)) prefix = place->prefix;
  else std::ranges::transform(region, std::back_inserter(prefix), [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return prefix.empty() ? usage : prefix + "-" + usage;
}

}  // namespace

std::string box_usage(std::string_view region, std::string_view type) { return with_prefix(region, fmt::format("BoxUsage:{}", type)); }

std::string volume_usage(std::string_view region) { return with_prefix(region, "EBS:VolumeUsage.gp2"); }

std::string snapshot_usage(std::string_view region) { return with_prefix(region, "EBS:SnapshotUsage"); }

std::string address_usage(std::string_view region) { return with_prefix(region, "ElasticIP:IdleAddress"); }

std::string location_of(std::string_view region) {
  const auto* place = place_of(region);
  return std::string(place ? place->location : region);
}

std::string_view family_of(std::string_view type) { return type.substr(0, type.find('.')); }

std::int64_t normalization_quarters(std::string_view type) {
  constexpr std::array<std::pair<std::string_view, std::int64_t>, 6> kSizes = {
      {{"nano", 1}, {"micro", 2}, {"small", 4}, {"medium", 8}, {"large", 16}, {"xlarge", 32}}};
  if (type == "g4dn.metal") return 24 * 32;  // a whole host counts as its largest size
  const auto size = type.substr(std::min(type.find('.') + 1, type.size()));
  for (const auto& [name, quarters] : kSizes)
    if (size == name) return quarters;
  std::int64_t times = 0;
  const auto [end, error] = std::from_chars(size.data(), size.data() + size.size(), times);
  if (error != std::errc() || times <= 0 || times > 1000 || std::string_view(end, size.data() + size.size()) != "xlarge") return 0;
  return times * 32;
}

}  // namespace stipend::domain
