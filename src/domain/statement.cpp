#include "domain/statement.hpp"

#include <charconv>
#include <chrono>

#include "domain/costs.hpp"

namespace stipend::domain {
namespace {

constexpr std::int64_t kDayMs = 86'400'000;

std::optional<int> number(std::string_view digits) {
  int value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error != std::errc() || end != digits.data() + digits.size() || value < 0) return std::nullopt;
  return value;
}

WallTime midnight_of(std::chrono::year_month month) {
  const std::chrono::sys_days first{month / 1};
  return {first.time_since_epoch().count() * kDayMs};
}

// Where its amount belongs: the total it adds to.
Money Totals::*total_of(const Entry& entry) {
  switch (entry.kind) {
    case EntryKind::kGrant: return &Totals::given;
    case EntryKind::kTakeBack: return &Totals::taken_back;
    case EntryKind::kExpiry: return &Totals::expired;
    case EntryKind::kCorrection: return &Totals::corrections;
    case EntryKind::kCharge: return &Totals::machines;
    case EntryKind::kStorage: break;
  }
  if (!entry.debit.starts_with("grant:")) return &Totals::house_disks;
  return cost_of(entry.kind, entry.type) == CostOf::kAddress ? &Totals::addresses : &Totals::disks;
}

}  // namespace

std::optional<Period> parse_month(std::string_view text) {
  if (text.size() != 7 || text[4] != '-') return std::nullopt;
  const auto year = number(text.substr(0, 4)), month = number(text.substr(5));
  if (!year || !month || *year < 1971 || *year > 9998 || *month < 1 || *month > 12) return std::nullopt;
  const std::chrono::year_month first = std::chrono::year(*year) / *month;
  return Period{midnight_of(first), midnight_of(first + std::chrono::months(1))};
}

std::string month_of(WallTime t) { return base::to_iso8601({t.ms - 1}).substr(0, 7); }

std::optional<Line> Statement::add(const Entry& entry) {
  complete_ = complete_ || entry.at.ms >= period_.until.ms + kDayMs;
  if (entry.at > period_.until) return std::nullopt;
  const bool in = entry.credit.starts_with("grant:"), out = entry.debit.starts_with("grant:");
  if (entry.at <= period_.after) {
    if (in) totals_.opening += entry.amount;
    if (out) totals_.opening -= entry.amount;
    return std::nullopt;
  }
  totals_.*total_of(entry) += entry.amount;
  Line line{.entry = entry, .in = {}, .out = {}, .house = {}, .in_period = {}, .from = {}};
  if (in) line.in = entry.amount;
  else if (out) line.out = entry.amount;
  else line.house = entry.amount;
  in_period_ += line.in - line.out;
  line.in_period = in_period_;
  if (entry.to > entry.from) line.from = entry.at.plus_seconds(entry.from.count - entry.to.count);
  return line;
}

}  // namespace stipend::domain
