#include "api/ec2/names.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>

namespace stipend::api {
namespace {

// 64 bits of FNV-1a, mixed at the end (splitmix64). What is hashed are ids that the server itself made up, so
// nobody can look for collisions; and a listing of thousands of machines needs several of these for each.
std::uint64_t mix(std::uint64_t hash, std::string_view text) {
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  hash = (hash ^ (hash >> 30)) * 0xbf58476d1ce4e5b9;
  hash = (hash ^ (hash >> 27)) * 0x94d049bb133111eb;
  return hash ^ (hash >> 31);
}

std::string derived(std::string_view prefix, std::string_view kind, std::string_view of) {
  const auto high = mix(mix(0xcbf29ce484222325, kind), of), low = mix(mix(0x84222325cbf29ce4, kind), of);
  return fmt::format("{}{:016x}{:x}", prefix, high, low & 15);
}

std::string short_direction(std::string_view word) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 4> kTwoLetters = {
      {{"northeast", "ne"}, {"northwest", "nw"}, {"southeast", "se"}, {"southwest", "sw"}}};
  for (const auto& [name, code] : kTwoLetters)
    if (name == word) return std::string(code);
  return std::string(word.substr(0, 1));
}

}  // namespace

std::string private_dns_name(const Settings& settings, std::string_view address) {
  if (address.empty()) return {};
  std::string name = "ip-" + std::string(address);
  std::ranges::replace(name, '.', '-');
  return name +
         (settings.region == "us-east-1" ? ".ec2.internal" : "." + settings.region + ".compute.internal");
}

std::string public_dns_name(std::string_view address) {
  return std::string(address);
}

std::string zone_id(const Settings& settings, std::string_view zone) {
  std::string code;
  std::string_view rest = settings.region;
  for (int word = 0; !rest.empty(); ++word) {
    const auto part = rest.substr(0, rest.find('-'));
    code += word == 1 ? short_direction(part) : std::string(part);
    rest.remove_prefix(std::min(part.size() + 1, rest.size()));
  }
  const auto at = std::ranges::find(settings.zones, zone) - settings.zones.begin();
  return fmt::format("{}-az{}", code, at + 1);
}

std::string vpc_id(const base::AccountId& account) {
  return derived("vpc-", "vpc", account.str());
}
std::string subnet_id(const base::AccountId& account, std::string_view zone) {
  return derived("subnet-", "subnet", fmt::format("{}/{}", account.str(), zone));
}
std::string default_group_id(const base::AccountId& account) {
  return derived("sg-", "group", account.str());
}
std::string network_interface_id(const base::InstanceId& instance) {
  return derived("eni-", "interface", instance.str());
}
std::string interface_attachment_id(const base::InstanceId& instance) {
  return derived("eni-attach-", "attachment", instance.str());
}

}  // namespace stipend::api
