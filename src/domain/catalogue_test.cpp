#include "domain/catalogue.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "domain/catalogue_data.hpp"

namespace stipend::domain {
namespace {

TEST(Catalogue, EveryTypeIsFoundByItsName) {
  for (const auto& catalogue : catalogues()) {
    EXPECT_TRUE(std::ranges::is_sorted(catalogue.types, {}, &InstanceType::name));
    for (const auto& type : catalogue.types) {
      EXPECT_EQ(find_type(catalogue, type.name), &type);
      EXPECT_GT(type.price.nano_per_hour, 0);
      EXPECT_EQ(type.gpus > 0, type.provider == "ec2") << type.name;
    }
    EXPECT_EQ(find_type(catalogue, "t2.foo"), nullptr);
  }
}

TEST(Catalogue, HasThePricesOfItsYear) {
  EXPECT_EQ(find_type(*find_catalogue("2017"), "p2.xlarge")->price.nano_per_hour, 900'000'000);
  EXPECT_EQ(find_type(*find_catalogue("2017"), "t2.medium")->price.nano_per_hour, 47'000'000);
  EXPECT_EQ(find_type(*find_catalogue("2026"), "t2.medium")->price.nano_per_hour, 46'400'000);
  EXPECT_EQ(find_type(*find_catalogue("2026"), "p2.xlarge"), nullptr);
  EXPECT_EQ(find_catalogue("1999"), nullptr);
}

TEST(Catalogue, BurstableTypesHaveTheBaselineThatAmazonDocuments) {
  const auto milli = [](const char* edition, const char* type) { return find_type(*find_catalogue(edition), type)->baseline_milli; };
  for (const auto* edition : {"2017", "2026"}) {
    EXPECT_EQ(milli(edition, "t2.nano"), 50);
    EXPECT_EQ(milli(edition, "t2.medium"), 400);
    EXPECT_EQ(milli(edition, "t2.xlarge"), 900);
    EXPECT_EQ(milli(edition, "t2.2xlarge"), 1360);
    EXPECT_EQ(milli(edition, "m4.large"), 0);
    EXPECT_EQ(milli(edition, "t1.micro"), 0);
  }
  EXPECT_EQ(milli("2026", "t3.micro"), 200);
}

TEST(Catalogue, ServesTheTypesThatOldClientsName) {
  for (const auto* edition : {"2017", "2026"})
    for (const auto* type : {"m1.small", "t1.micro", "m3.medium", "c3.large"})
      EXPECT_NE(find_type(*find_catalogue(edition), type), nullptr) << type;
}

TEST(Catalogue, ADiskCostsItsMonthInAMonth) {
  const Price price = disk_price(*find_catalogue("2026"), 8);
  const Money month = base::cost(price, {730 * 3600}, base::Rounding::kFloor);
  EXPECT_GE(month, Money{800'000'000});
  EXPECT_LT(month, Money{800'000'730});  // the hour is rounded up
}

}  // namespace
}  // namespace stipend::domain
