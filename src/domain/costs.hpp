// What an account's use of machines and disks cost, as lines that every bill adds up: the sums by day that the store
// keeps (or single entries), and what has accrued since and is not posted. Their sum is what figures() calls charged, to the
// nano-dollar. What the house pays for disks is no cost of the account and makes no line. Pure.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "domain/state.hpp"
#include "domain/usage.hpp"

namespace stipend::domain {

// Quantities are counted in these parts: of an hour of a machine or an address, or of a GiB-month of a disk (730 h), so that
// they are whole numbers; of what a snapshot occupies, in MiB, rounded down.
inline constexpr std::int64_t kQuantityParts = 730 * 3600;

enum class CostOf : std::uint8_t { kMachine, kDisk, kSnapshot, kAddress };
CostOf cost_of(EntryKind kind, std::string_view type);  // of an entry or its sum

struct CostLine {
  AccountId account;
  WallTime from, until;       // by day: a UTC day; of an entry: the seconds counted, inside the day they belong to
  CostOf of = CostOf::kMachine;
  bool refund = false;        // given back after a fault: the amount is below zero
  std::string type;           // of the machine
  std::string subject;        // of an entry: the instance, disk (also of a snapshot) or address
  Money amount;
  std::int64_t quantity = 0;  // see kQuantityParts; of a refund as a rule below zero
};

// What a GiB-month of a disk and of a snapshot costs in each price list, to tell the size of one from its price. The empty
// name is the list of disks that name none.
struct GibMonth {
  Money disk, snapshot;
};
using DiskPrices = std::map<std::string, GibMonth, std::less<>>;
DiskPrices disk_prices(const State& state, const Course& course);

// Nothing for what the house paid.
std::optional<CostLine> cost_line(const UsageDay& usage, const DiskPrices& prices);

// Entries in their order, as lines; nothing for one that is no charge or that the house paid.
class CostReader {
 public:
  explicit CostReader(const DiskPrices& prices) : prices_(prices) {}
  std::optional<CostLine> next(const Entry& entry);

 private:
  const DiskPrices& prices_;
  UsageOf usage_;
};

// The entries that would be made if all were posted at `now`: of each running machine, disk, snapshot and address, cut at the
// UTC midnight that nothing was posted at yet. Not numbered.
std::vector<Entry> unposted(const State& state, const AccountId& account, WallTime now);

// A line cut at the edges of UTC hours, its amount and quantity by the seconds: what is cut adds up to the line. With
// `whole` nothing is cut: it belongs to the hour in which it ends.
std::vector<CostLine> by_hour(const CostLine& line, bool whole);

}  // namespace stipend::domain
