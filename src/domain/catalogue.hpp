// Instance types and prices as data (src/domain/catalogue_data.cpp, with the source and date of each edition).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "domain/rows.hpp"

namespace stipend::domain {

struct InstanceType {
  std::string name;
  std::int64_t vcpus = 1;
  std::int64_t memory_mib = 1024;
  Price price;
  std::string provider;  // empty: the configured default; "ec2": only real EC2 has such hardware
  std::int64_t baseline_milli = 0;  // of a burstable type: thousandths of a CPU it always has; 0: has no baseline
  std::int64_t gpus = 0;
  std::string gpu;       // "K80"; empty: none
};

struct Catalogue {
  std::string edition;   // "2017", "2026"
  std::string source;    // where the prices are from, and as of when
  std::vector<InstanceType> types;      // by name
  Money gp2_gib_month;                  // 730 h
};

const Catalogue* find_catalogue(std::string_view edition);
const InstanceType* find_type(const Catalogue& catalogue, std::string_view name);
// Of a whole disk: ceil(gib * month price / 730) nano-dollars an hour.
Price disk_price(const Catalogue& catalogue, std::int64_t gib);

}  // namespace stipend::domain
