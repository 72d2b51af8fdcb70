#include "api/billing/cost.hpp"

#include <gtest/gtest.h>

#include "domain/billing_words.hpp"

namespace stipend::api {
namespace {

TEST(BillingWords, UsageTypesNameTheRegionButForTheFirst) {
  EXPECT_EQ(domain::box_usage("us-east-1", "t2.medium"), "BoxUsage:t2.medium");
  EXPECT_EQ(domain::box_usage("us-west-2", "t2.medium"), "USW2-BoxUsage:t2.medium");
  EXPECT_EQ(domain::volume_usage("eu-west-1"), "EU-EBS:VolumeUsage.gp2");
  EXPECT_EQ(domain::volume_usage("campus-1"), "CAMPUS-1-EBS:VolumeUsage.gp2");
  EXPECT_EQ(domain::location_of("us-east-1"), "US East (N. Virginia)");
  EXPECT_EQ(domain::location_of("campus-1"), "campus-1");
}

TEST(BillingWords, SizesCountInHoursOfASmall) {
  for (const auto& [type, quarters] : std::vector<std::pair<const char*, int>>{{"t2.nano", 1}, {"t2.micro", 2}, {"t2.medium", 8}, {"m4.large", 16}, {"m4.xlarge", 32},
                                                                               {"m4.2xlarge", 64}, {"m4.16xlarge", 512}, {"g4dn.metal", 768}, {"x.0xlarge", 0},
                                                                               {"x.-1xlarge", 0}, {"odd", 0}, {"x.", 0}, {"x.2xlarges", 0}})
    EXPECT_EQ(domain::normalization_quarters(type), quarters) << type;
}

domain::CostLine line(const char* type, std::int64_t nano, std::int64_t quantity) {
  domain::CostLine line;
  line.account = *base::AccountId::parse("123456789012");
  line.of = *type == '\0' ? domain::CostOf::kDisk : domain::CostOf::kMachine;
  line.type = type;
  line.amount = {nano};
  line.quantity = quantity;
  return line;
}

std::string metric(const CostSum& sum, std::string_view name) {
  const auto [amount, unit] = sum.metric(name);
  return amount + " " + unit;
}

TEST(CostSum, IsExactInEveryMetric) {
  CostSum sum;
  EXPECT_EQ(metric(sum, "UnblendedCost"), "0 USD");
  EXPECT_EQ(metric(sum, "UsageQuantity"), "0 N/A");
  sum.add(line("t2.medium", 46'400'001, domain::kQuantityParts + domain::kQuantityParts / 2));
  EXPECT_EQ(metric(sum, "NetAmortizedCost"), "0.046400001 USD");
  EXPECT_EQ(metric(sum, "UsageQuantity"), "1.5 Hrs");
  EXPECT_EQ(metric(sum, "NormalizedUsageAmount"), "3 N/A");
  sum.add(line("", 1, domain::kQuantityParts / 3));
  EXPECT_EQ(metric(sum, "UsageQuantity"), "1.833333333 N/A");
  EXPECT_EQ(metric(sum, "NormalizedUsageAmount"), "3 N/A") << "a disk has no size of that kind";
  CostSum back;
  back.add(line("t2.medium", -100, -domain::kQuantityParts));
  EXPECT_EQ(metric(back, "BlendedCost"), "-0.0000001 USD");
  EXPECT_EQ(metric(back, "UsageQuantity"), "-1 Hrs");
}

TEST(CostSum, CarriesALargeCourseForAYear) {
  CostSum sum;
  sum.add(line("m5.24xlarge", 4'000'000'000'000'000, 1'000LL * 366 * 24 * domain::kQuantityParts));
  EXPECT_EQ(metric(sum, "UsageQuantity"), "8784000 Hrs");
  EXPECT_EQ(metric(sum, "NormalizedUsageAmount"), "1686528000 N/A");
}

TEST(CostDimensions, OfSnapshotsAndAddressesAreAwssWords) {
  const Settings settings;
  auto snapshot = line("", 1, 1), address = snapshot;
  snapshot.of = domain::CostOf::kSnapshot;
  snapshot.subject = "vol-0123456789abcdef0";
  address.of = domain::CostOf::kAddress;
  address.subject = "eipalloc-0123456789abcdef0";
  const Cost of_snapshot{snapshot, nullptr, "Ada", settings}, of_address{address, nullptr, "Ada", settings};
  const auto both = [&](const char* key) { return dimension_of(key, of_snapshot) + " | " + dimension_of(key, of_address); };
  EXPECT_EQ(both("USAGE_TYPE"), "EBS:SnapshotUsage | ElasticIP:IdleAddress");
  EXPECT_EQ(both("OPERATION"), "CreateSnapshot | AssociateAddressVPC");
  EXPECT_EQ(both("SERVICE"), "EC2 - Other | EC2 - Other");
  EXPECT_EQ(both("USAGE_TYPE_GROUP"), "EC2: EBS - Snapshots | EC2: Elastic IP - Idle Address");
  EXPECT_EQ(both("RESOURCE_ID"), "snap-0123456789abcdef0 | eipalloc-0123456789abcdef0");
  EXPECT_EQ(both("INSTANCE_TYPE"), "NoInstanceType | NoInstanceType");
  CostSum sum;
  sum.add(address);
  EXPECT_EQ(sum.metric("UsageQuantity").unit, "Hrs");
  EXPECT_EQ(metric(sum, "NormalizedUsageAmount"), "0 N/A");
  sum.add(snapshot);
  EXPECT_EQ(sum.metric("UsageQuantity").unit, "N/A");
}

TEST(CostDimensions, AllHaveAValueForMachinesAndDisks) {
  const Settings settings;
  const auto machine = line("t2.medium", 1, 1), disk = line("", 1, 1);
  const Subject subject{{{"lab", "1"}}, "us-east-1b"};
  const Cost of_machine{machine, &subject, "Ada", settings}, of_disk{disk, nullptr, "Ada", settings};
  for (const char* key : {"AZ", "INSTANCE_TYPE", "INSTANCE_TYPE_FAMILY", "LINKED_ACCOUNT", "LINKED_ACCOUNT_NAME", "OPERATING_SYSTEM", "OPERATION", "PLATFORM",
                          "PURCHASE_TYPE", "RECORD_TYPE", "REGION", "SERVICE", "SERVICE_CODE", "TENANCY", "USAGE_TYPE", "USAGE_TYPE_GROUP", "BILLING_ENTITY",
                          "CACHE_ENGINE", "DATABASE_ENGINE", "DEPLOYMENT_OPTION", "LEGAL_ENTITY_NAME"}) {
    ASSERT_TRUE(is_cost_dimension(key)) << key;
    EXPECT_FALSE(dimension_of(key, of_machine).empty()) << key;
    EXPECT_FALSE(dimension_of(key, of_disk).empty()) << key;
  }
  EXPECT_FALSE(is_cost_dimension("COLOUR"));
  EXPECT_TRUE(needs_subject("RESOURCE_ID"));
  EXPECT_EQ(dimension_of("AZ", of_machine), "us-east-1b");
  EXPECT_EQ(dimension_of("AZ", of_disk), "NoAZ");
  EXPECT_EQ(dimension_of("INSTANCE_TYPE_FAMILY", of_machine), "t2");
  EXPECT_EQ(*tag_of("lab", of_machine), "1");
  EXPECT_EQ(tag_of("lab", of_disk), nullptr);
}

}  // namespace
}  // namespace stipend::api
