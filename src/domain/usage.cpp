#include "domain/usage.hpp"

namespace stipend::domain {

WallTime usage_day(WallTime at) {
  constexpr std::int64_t kDayMs = 86'400'000;
  return {(at.ms - 1) / kDayMs * kDayMs};
}

bool paid_by_house(const Entry& entry) { return entry.debit == "house:unfunded_storage"; }

std::optional<UsageDay> UsageOf::next(const Entry& entry) {
  if (entry.kind != EntryKind::kCharge && entry.kind != EntryKind::kStorage && entry.kind != EntryKind::kCorrection) return std::nullopt;
  Posting posting{entry.subject, entry.generation, entry.from.count, entry.to.count, entry.kind};
  const bool again = before_ == posting;
  before_ = std::move(posting);
  return UsageDay{.account = entry.account,
                          .day = usage_day(entry.at),
                          .kind = entry.kind,
                          .type = entry.type,
                          .catalogue = entry.catalogue,
                          .price = entry.price,
                          .house = paid_by_house(entry),
                          .amount = entry.amount,
                          .seconds = again ? 0 : entry.to.count - entry.from.count};
}

}  // namespace stipend::domain
