// One line of a bill as Cost Explorer sees it: its value in each dimension, its tags, and sums of such lines in AWS's metrics.
#pragma once

#include <string>
#include <string_view>

#include "api/settings.hpp"
#include "domain/costs.hpp"

namespace stipend::api {

// What is known of a machine, disk or address beyond its entries.
struct Subject {
  domain::Tags tags;
  std::string zone;  // empty: it is in none
};

struct Cost {
  const domain::CostLine& line;
  const Subject* subject;        // null: not asked for, or gone
  std::string_view holder;       // of the account: the person's name
  const Settings& settings;
};

// Whether costs here have this dimension ("SERVICE"); others of AWS's are refused.
bool is_cost_dimension(std::string_view key);
// Whether it takes the single machine to know it.
bool needs_subject(std::string_view dimension);
// "NoAZ" and the like where a line has none. For is_cost_dimension() only.
std::string dimension_of(std::string_view key, const Cost& cost);
// Null: untagged.
const std::string* tag_of(std::string_view key, const Cost& cost);

// Sums of lines, exact.
class CostSum {
 public:
  void add(const domain::CostLine& line);
  base::Money amount() const { return amount_; }
  // In a metric of GetCostAndUsage: "0.0464", and "USD", "Hrs", "GB-Mo" or "N/A". For is_cost_metric() only.
  struct Metric {
    std::string amount, unit;
  };
  Metric metric(std::string_view name) const;
  std::int64_t order(std::string_view metric) const;  // for sorting by it

 private:
  base::Money amount_;
  std::int64_t quantity_ = 0, normalized_ = 0;  // parts; parts and quarters
  bool hours_ = false, gib_months_ = false;
};
bool is_cost_metric(std::string_view name);

// "0.0464", "12", "-0.000000001": exact, no superfluous zeros.
std::string metric_decimal(base::Money amount);

}  // namespace stipend::api
