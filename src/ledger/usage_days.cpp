#include "ledger/usage_days.hpp"

#include <fmt/format.h>

namespace stipend::ledger {
namespace {

using domain::EntryKind;

// An entry at midnight belongs to the day that ends.
std::int64_t day_of(base::WallTime at) {
  constexpr std::int64_t kDayMs = 86'400'000;
  return (at.ms - 1) / kDayMs * kDayMs;
}

std::string words(const base::AccountId& account, std::int64_t day, const std::string& type, const std::string& list) {
  return fmt::format("account {}, {}, {} at {}", account.view(), base::to_iso8601({day}).substr(0, 10), type, list.empty() ? "no list" : list);
}

}  // namespace

UsageDays::UsageDays() : Check("usage", "the sums of each day, which costs are read from, are those of the entries") {}

void UsageDays::add(const Posting& posting) {
  const auto& e = posting.entry;
  if (e.kind != EntryKind::kCharge && e.kind != EntryKind::kStorage && e.kind != EntryKind::kCorrection) return;
  auto& sum = sums_[{e.account, day_of(e.at), e.kind, e.type, e.catalogue, e.price.nano_per_hour, side_of(e.debit) == Side::kUnfunded}];
  sum.amount += e.amount.nano;
  Post post{e.subject, e.generation, e.from.count, e.to.count, e.kind};
  if (post != last_) sum.seconds += Wide{e.to.count} - e.from.count;
  last_ = std::move(post);
}

void UsageDays::compare(const domain::UsageDay& kept) {
  ++kept_;
  const auto at = sums_.find({kept.account, kept.day.ms, kept.kind, kept.type, kept.catalogue, kept.price.nano_per_hour, kept.house});
  const auto name = [&] { return words(kept.account, kept.day.ms, kept.type, kept.catalogue); };
  if (at == sums_.end()) return found(fmt::format("{}: a sum of {}, and there is no entry", name(), dollars(kept.amount.nano)));
  if (at->second.amount != kept.amount.nano)
    found(fmt::format("{}: a sum of {}, its entries are {}", name(), dollars(kept.amount.nano), dollars(at->second.amount)));
  else if (at->second.seconds != kept.seconds)
    found(fmt::format("{}: a sum of {} s, its entries are {} s", name(), kept.seconds, static_cast<std::int64_t>(at->second.seconds)));
  sums_.erase(at);
}

void UsageDays::end(const Rows&, const Books&) {
  for (const auto& [key, sum] : sums_)
    found(fmt::format("{}: entries of {}, and no sum of them", words(std::get<0>(key), std::get<1>(key), std::get<3>(key), std::get<4>(key)), dollars(sum.amount)));
  figures(fmt::format("{} sums", kept_));
}

}  // namespace stipend::ledger
