// Elastic addresses: a row goes with the release, its entries stay. So they are judged by themselves, and the row by them.
#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>

#include "ledger/checks.hpp"

namespace stipend::ledger {
namespace {

using domain::Entry;

class Addresses final : public Check {
 public:
  explicit Addresses(const Rows&)
      : Check("addresses", "each elastic address, released or not, was charged every second of its idleness once, at one price") {}
  void add(const Posting& posting) override {
    const auto& entry = posting.entry;
    if (entry.kind != domain::EntryKind::kStorage || entry.type != "address") return;
    auto [at, first] = charged_.try_emplace(entry.subject);
    auto& known = at->second;
    if (first) {
      known.price = entry.price.nano_per_hour;
      known.list = entry.catalogue;
      known.account = entry.account;
    }
    if (entry.price.nano_per_hour != known.price || entry.catalogue != known.list)
      found(fmt::format("entry {}: {} cost {} an hour by the price list {} before, now {} by {}", entry.number, entry.subject, dollars(known.price),
                        known.list, dollars(entry.price.nano_per_hour), entry.catalogue));
    if (entry.account != known.account)
      found(fmt::format("entry {}: {} was of {} before, now of {}", entry.number, entry.subject, known.account.view(), entry.account.view()));
    // Of a posting that several grants pay, all entries say the same seconds.
    const bool same = entry.from.count == known.from && entry.to.count == known.to && entry.at == known.at && !first;
    if (!same && entry.from.count != known.to)
      found(fmt::format("entry {}: {} is charged from second {}, the one before reached to {}", entry.number, entry.subject, entry.from.count, known.to));
    known.from = entry.from.count;
    known.to = entry.to.count;
    known.at = entry.at;
  }
  void end(const Rows& rows, const Books&) override {
    std::size_t here = 0;
    for (const auto& [id, row] : rows.state.elastic_addresses) {
      const auto at = charged_.find(id);
      here += at == charged_.end() ? 0 : 1;
      const auto to = at == charged_.end() ? 0 : at->second.to;
      if (row->posted_idle.count != to) found(fmt::format("{}: its row is charged to second {}, its entries reach to {}", id, row->posted_idle.count, to));
      if (const auto right = disk_cost(row->price.nano_per_hour, row->posted_idle.count); right != row->posted.nano)
        found(fmt::format("{}: {} s of idleness cost {}, its row says {}", id, row->posted_idle.count, dollars(right), dollars(row->posted.nano)));
      if (at != charged_.end() && at->second.list != row->catalogue)
        found(fmt::format("{}: priced by the price list {}, its entries by {}", id, row->catalogue, at->second.list));
      const auto idle = row->idle.count + (row->idle_since ? std::max<std::int64_t>(0, row->idle_since->ms_until(rows.now) / 1000) : 0);
      if (row->posted_idle.count > idle) found(fmt::format("{}: charged for {} s of idleness, it had {}", id, row->posted_idle.count, idle));
    }
    figures(fmt::format("{} addresses, {} that were released had a cost", rows.state.elastic_addresses.size(), charged_.size() - here));
  }

 private:
  struct Charged {
    std::int64_t price = 0, from = 0, to = 0;
    base::WallTime at;
    std::string list;
    base::AccountId account;
  };
  std::unordered_map<std::string, Charged> charged_;
};

}  // namespace

void add_address_checks(Checks& checks, const Rows& rows) { checks.push_back(std::make_unique<Addresses>(rows)); }

}  // namespace stipend::ledger
