#include "api/billing/cost.hpp"

#include <algorithm>
#include <array>
#include <functional>

#include "control/commands/snapshots.hpp"
#include "domain/billing_words.hpp"

namespace stipend::api {
namespace {

struct Dimension {
  std::string_view key;
  std::string (*of)(const Cost& cost);
};

using domain::CostOf;

std::string text(std::string_view machine, std::string_view other, const Cost& cost) { return std::string(cost.line.of == CostOf::kMachine ? machine : other); }

std::string operation(const Cost& c) {
  switch (c.line.of) {
    case CostOf::kMachine: return std::string(domain::kRunOperation);
    case CostOf::kDisk: return std::string(domain::kVolumeOperation);
    case CostOf::kSnapshot: return std::string(domain::kSnapshotOperation);
    case CostOf::kAddress: return std::string(domain::kAddressOperation);
  }
  return "";
}

std::string usage_type(const Cost& c) {
  switch (c.line.of) {
    case CostOf::kMachine: return domain::box_usage(c.settings.region, c.line.type);
    case CostOf::kDisk: return domain::volume_usage(c.settings.region);
    case CostOf::kSnapshot: return domain::snapshot_usage(c.settings.region);
    case CostOf::kAddress: return domain::address_usage(c.settings.region);
  }
  return "";
}

std::string usage_type_group(const Cost& c) {
  switch (c.line.of) {
    case CostOf::kMachine: return "EC2: Running Hours";
    case CostOf::kDisk: return "EC2: EBS - SSD(gp2)";
    case CostOf::kSnapshot: return "EC2: EBS - Snapshots";
    case CostOf::kAddress: return "EC2: Elastic IP - Idle Address";
  }
  return "";
}

// A snapshot's is the id that clients know it by.
std::string resource_id(const Cost& c) {
  if (c.line.of != CostOf::kSnapshot) return c.line.subject;
  const auto disk = base::DiskId::parse(c.line.subject);
  return disk ? control::snapshot_id(*disk).str() : c.line.subject;
}

// In the order of their names.
constexpr std::array kDimensions = std::to_array<Dimension>({
    {"AZ", [](const Cost& c) { return c.subject && !c.subject->zone.empty() ? c.subject->zone : std::string("NoAZ"); }},
    {"BILLING_ENTITY", [](const Cost&) { return std::string("AWS"); }},
    {"CACHE_ENGINE", [](const Cost&) { return std::string("NoCacheEngine"); }},
    {"DATABASE_ENGINE", [](const Cost&) { return std::string("NoDatabaseEngine"); }},
    {"DEPLOYMENT_OPTION", [](const Cost&) { return std::string("NoDeploymentOption"); }},
    {"INSTANCE_TYPE", [](const Cost& c) { return text(c.line.type, "NoInstanceType", c); }},
    {"INSTANCE_TYPE_FAMILY", [](const Cost& c) { return text(domain::family_of(c.line.type), "NoInstanceTypeFamily", c); }},
    {"LEGAL_ENTITY_NAME", [](const Cost&) { return std::string("Stipend"); }},
    {"LINKED_ACCOUNT", [](const Cost& c) { return c.line.account.str(); }},
    {"LINKED_ACCOUNT_NAME", [](const Cost& c) { return std::string(c.holder); }},
    {"OPERATING_SYSTEM", [](const Cost& c) { return text("Linux", "NoOperatingSystem", c); }},
    {"OPERATION", operation},
    {"PLATFORM", [](const Cost& c) { return text("Linux/UNIX", "NoPlatform", c); }},
    {"PURCHASE_TYPE", [](const Cost& c) { return text("On Demand Instances", "On Demand", c); }},
    {"RECORD_TYPE", [](const Cost& c) { return std::string(c.line.refund ? "Refund" : "Usage"); }},
    {"REGION", [](const Cost& c) { return c.settings.region; }},
    {"RESOURCE_ID", resource_id},
    {"SERVICE", [](const Cost& c) { return text(domain::kComputeService, domain::kOtherService, c); }},
    {"SERVICE_CODE", [](const Cost&) { return std::string(domain::kServiceCode); }},
    {"TENANCY", [](const Cost& c) { return text("Shared", "NoTenancy", c); }},
    {"USAGE_TYPE", usage_type},
    {"USAGE_TYPE_GROUP", usage_type_group},
});

constexpr std::array<std::string_view, 5> kCosts = {"AmortizedCost", "BlendedCost", "NetAmortizedCost", "NetUnblendedCost", "UnblendedCost"};

const Dimension* find(std::string_view key) {
  const auto at = std::ranges::lower_bound(kDimensions, key, {}, &Dimension::key);
  return at != kDimensions.end() && at->key == key ? &*at : nullptr;
}

bool is_cost(std::string_view name) { return std::ranges::find(kCosts, name) != kCosts.end(); }

}  // namespace

bool is_cost_dimension(std::string_view key) { return find(key) != nullptr; }

bool needs_subject(std::string_view dimension) { return dimension == "AZ" || dimension == "RESOURCE_ID"; }

std::string dimension_of(std::string_view key, const Cost& cost) { return find(key)->of(cost); }

const std::string* tag_of(std::string_view key, const Cost& cost) {
  if (!cost.subject) return nullptr;
  const auto at = cost.subject->tags.find(std::string(key));
  return at == cost.subject->tags.end() ? nullptr : &at->second;
}

void CostSum::add(const domain::CostLine& line) {
  amount_ += line.amount;
  quantity_ += line.quantity;
  (line.of == CostOf::kMachine || line.of == CostOf::kAddress ? hours_ : gib_months_) = true;
  if (line.of == CostOf::kMachine) normalized_ += line.quantity * domain::normalization_quarters(line.type);
}

CostSum::Metric CostSum::metric(std::string_view name) const {
  if (is_cost(name)) return {metric_decimal(amount_), "USD"};
  if (name == "UsageQuantity")
    return {metric_decimal(base::mul_div({quantity_}, 1'000'000'000, domain::kQuantityParts, base::Rounding::kFloor)),
            hours_ == gib_months_ ? "N/A" : hours_ ? "Hrs" : "GB-Mo"};
  // Millionths: the sum of a large course for a year is within what is counted.
  const auto millionths = base::mul_div({normalized_}, 1'000'000, 4 * domain::kQuantityParts, base::Rounding::kFloor);
  return {metric_decimal({millionths.nano * 1'000}), "N/A"};
}

std::int64_t CostSum::order(std::string_view metric) const {
  return is_cost(metric) ? amount_.nano : metric == "UsageQuantity" ? quantity_ : normalized_;
}

bool is_cost_metric(std::string_view name) { return is_cost(name) || name == "UsageQuantity" || name == "NormalizedUsageAmount"; }

std::string metric_decimal(base::Money amount) {
  auto out = base::to_decimal(amount);
  while (out.back() == '0') out.pop_back();
  if (out.back() == '.') out.pop_back();
  return out;
}

}  // namespace stipend::api
