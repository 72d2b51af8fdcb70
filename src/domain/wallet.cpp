#include "domain/wallet.hpp"

#include <algorithm>
#include <tuple>

#include "base/check.hpp"
#include "domain/storage.hpp"

namespace stipend::domain {
namespace {

bool serves(const Grant& grant, const std::string& type) {
  if (grant.only_types.empty()) return true;
  return !type.empty() && std::ranges::find(grant.only_types, type) != grant.only_types.end();
}

void add_draw(std::vector<Draw>& draws, Draw draw) {
  for (auto& known : draws) {
    if (known.grant != draw.grant || known.type != draw.type) continue;
    known.amount += draw.amount;
    return;
  }
  draws.push_back(std::move(draw));
}

Money sum(const std::vector<Draw>& draws) {
  Money total;
  for (const auto& draw : draws) total += draw.amount;
  return total;
}

}  // namespace

Wallet::Wallet(const State& state, const AccountId& account, WallTime now) : account_(account), now_(now) {
  if (const auto at = state.grants_of.find(account); at != state.grants_of.end()) {
    for (const auto& id : at->second) {
      grants_.emplace(id, *state.find<Grant>(id));
      order_.push_back(id);
    }
  }
  std::ranges::sort(order_, {}, [this](const GrantId& id) {
    const Grant& grant = grants_.at(id);
    const std::size_t width = grant.only_types.empty() ? SIZE_MAX : grant.only_types.size();
    return std::tuple(grant.expires, width, grant.created, id);
  });
  if (const Hold* hold = state.find<Hold>(account)) hold_ = *hold;
  hold_.account = account;
  for (const auto& draw : hold_.draws) earmarked_[draw.grant] += draw.amount;
  if (const auto at = state.disks_of.find(account); at != state.disks_of.end())
    for (const auto& id : at->second) disks_.rows.emplace_hint(disks_.rows.end(), id, state.disks.at(id));
  if (const auto at = state.addresses_of.find(account); at != state.addresses_of.end())
    for (const auto& id : at->second) addresses_.rows.emplace_hint(addresses_.rows.end(), id, state.elastic_addresses.at(id));
  each_kept([&](const auto& row) {
    for (const auto& draw : row.reserve_draws) earmarked_[draw.grant] += draw.amount;
  });
  refresh_storage();
}

template <class Visit>
void Wallet::each_kept(Visit&& visit) const {
  for (const auto& [id, disk] : disks_.rows) visit(*disk);
  for (const auto& [id, address] : addresses_.rows) visit(*address);
}

void Wallet::refresh_storage() {
  storage_due_ = {};
  storage_rate_ = {};
  each_kept([&](const auto& row) {
    storage_due_ += std::max(Money{}, base::cost(row.price, counted(row, now_), base::Rounding::kCeil) - row.posted);
    if (goes_on(row)) storage_rate_.nano_per_hour += row.price.nano_per_hour;
  });
}

Money Wallet::granted() const {
  Money total;
  for (const auto& [id, grant] : grants_) total += grant.amount - grant.taken_back - grant.expired;
  return total;
}

Money Wallet::spent() const {
  Money total;
  for (const auto& [id, grant] : grants_) total += grant.spent;
  return total;
}

Money Wallet::held() const { return sum(hold_.draws); }

Money Wallet::reserved() const {
  Money total;
  each_kept([&](const auto& row) { total += row.reserved; });
  return total;
}

Money Wallet::free(const Grant& grant) const {
  if (expired(grant)) return {};
  const auto at = earmarked_.find(grant.id);
  const Money left = grant.remaining() - (at == earmarked_.end() ? Money{} : at->second);
  CHECK(left >= Money{}, "a grant carries what is held and reserved on it");
  return left;
}

Money Wallet::held_for(std::string_view type) const {
  Money total;
  for (const auto& draw : hold_.draws)
    if (draw.type == type) total += draw.amount;
  return total;
}

Money Wallet::owed_beyond_hold() const {
  Money owed;
  each_kept([&](const auto& row) {
    owed += std::max(Money{}, base::cost(row.price, counted(row, now_), base::Rounding::kFloor) - row.posted);
  });
  return std::max(Money{}, owed - held_for(""));
}

Money Wallet::unrestricted_free() const {
  Money sum;
  for (const auto& [id, grant] : grants_)
    if (grant.only_types.empty()) sum += free(grant);
  return sum;
}

Money Wallet::available() const {
  Money any;
  for (const auto& [id, grant] : grants_) any += free(grant);
  return any - std::min(unrestricted_free(), owed_beyond_hold());
}

Wallet::Capacity Wallet::free_capacity() const {
  Capacity capacity;
  for (const auto& id : order_) capacity.add(grants_.at(id), free(grants_.at(id)));
  return capacity;
}

Wallet::Capacity Wallet::capacity() const {
  std::map<GrantId, Money> held;
  for (const auto& draw : hold_.draws) held[draw.grant] += draw.amount;
  Capacity capacity;
  for (const auto& id : order_) capacity.add(grants_.at(id), held[id] + free(grants_.at(id)));
  return capacity;
}

void Wallet::Capacity::add(const Grant& grant, Money left) {
  if (left <= Money{}) return;
  left_.emplace_back(&grant, left);
  total_ += left;
  restricted_ = restricted_ || !grant.only_types.empty();
}

bool Wallet::Capacity::carries(const std::vector<Need>& needs) const {
  if (restricted_) return draw(needs).has_value();
  Money sum;
  for (const auto& need : needs) sum += need.amount;
  return sum <= total_;
}

std::optional<std::vector<Draw>> Wallet::Capacity::draw(const std::vector<Need>& needs) const {
  auto left = left_;
  std::vector<Draw> draws;
  const auto take = [&](const Need& need) {
    Money missing = need.amount;
    for (auto& [grant, capacity] : left) {
      if (missing <= Money{}) break;
      if (!serves(*grant, need.type)) continue;
      const Money part = std::min(missing, capacity);
      if (part <= Money{}) continue;
      add_draw(draws, {grant->id, part, need.type});
      capacity -= part;
      missing -= part;
    }
    return missing <= Money{};
  };
  // Disks first: they can use the fewest grants.
  for (const bool disks : {true, false})
    for (const auto& need : needs)
      if (need.type.empty() == disks && !take(need)) return std::nullopt;
  return draws;
}

bool Wallet::hold(const std::vector<Need>& needs) {
  auto draws = capacity().draw(needs);
  if (!draws) return false;
  for (const auto& draw : hold_.draws) earmarked_[draw.grant] -= draw.amount;
  hold_.draws = *std::move(draws);
  for (const auto& draw : hold_.draws) earmarked_[draw.grant] += draw.amount;
  touched_hold_ = true;
  return true;
}

bool Wallet::hold_more(const std::vector<Need>& needs) {
  auto draws = free_capacity().draw(needs);
  if (!draws) return false;
  for (auto& draw : *draws) {
    earmarked_[draw.grant] += draw.amount;
    add_draw(hold_.draws, std::move(draw));
  }
  touched_hold_ = true;
  return true;
}

void Wallet::release(std::string_view type, Money amount) {
  for (auto at = hold_.draws.rbegin(); at != hold_.draws.rend(); ++at) {
    const Money part = at->type == type ? std::min(amount, at->amount) : Money{};
    at->amount -= part;
    earmarked_[at->grant] -= part;
    amount -= part;
  }
  std::erase_if(hold_.draws, [](const Draw& draw) { return draw.amount <= Money{}; });
  touched_hold_ = true;
}

void Wallet::add_entry(Entry entry) {
  CHECK(entry.amount > Money{}, "an entry moves money");
  entry.account = account_;
  entries_.push_back(std::move(entry));
}

void Wallet::spend(const GrantId& id, Money amount, Entry entry) {
  Grant& grant = grants_.at(id);
  grant.spent += amount;
  touched_grants_.insert(id);
  entry.debit = "grant:" + id.str();
  entry.credit = "usage:" + account_.str();
  entry.amount = amount;
  add_entry(std::move(entry));
}

void Wallet::charge_run(Instance& instance, Money total, RunSeconds to, WallTime at, const std::string& reason) {
  Run& run = *instance.run;
  Entry entry;
  entry.kind = EntryKind::kCharge;
  entry.subject = instance.id.str();
  entry.generation = run.generation;
  entry.from = run.posted_ran;
  entry.to = to;
  entry.price = run.price;
  entry.catalogue = run.catalogue;
  entry.type = instance.type;
  entry.reason = reason;
  entry.at = at;
  if (total < run.posted) {
    give_back(instance, run.posted - total, entry);
  } else {
    Money due = total - run.posted;
    for (auto& draw : hold_.draws) {
      if (draw.type != instance.type || due <= Money{}) continue;
      const Money part = std::min(due, draw.amount);
      if (part <= Money{}) continue;
      draw.amount -= part;
      earmarked_[draw.grant] -= part;
      due -= part;
      entry.segment = run.segment++;
      spend(draw.grant, part, entry);
    }
    CHECK(due <= Money{}, "a charge is inside its hold");
    std::erase_if(hold_.draws, [](const Draw& draw) { return draw.amount <= Money{}; });
    touched_hold_ = true;
  }
  run.posted = total;
  run.posted_ran = to;
  run.posted_at = at;
}

void Wallet::give_back(Instance& instance, Money amount, Entry entry) {
  entry.kind = EntryKind::kCorrection;
  entry.debit = "house:faults";
  for (const bool also_expired : {false, true}) {
    for (const auto& id : order_) {
      Grant& grant = grants_.at(id);
      if (expired(grant) != also_expired || !serves(grant, instance.type)) continue;
      const Money part = std::min(amount, grant.spent);
      if (part <= Money{}) continue;
      grant.spent -= part;
      touched_grants_.insert(id);
      amount -= part;
      entry.credit = "grant:" + id.str();
      entry.amount = part;
      entry.segment = instance.run->segment++;
      add_entry(entry);
    }
  }
  CHECK(amount <= Money{}, "a correction gives back at most what was spent");
}

template <class Row>
void Wallet::draw_reserve(Row& row, Money amount) {
  for (const auto& id : order_) {
    const Grant& grant = grants_.at(id);
    if (!grant.only_types.empty()) continue;
    const Money part = std::min(amount, free(grant));
    if (part <= Money{}) continue;
    row.reserve_draws.push_back({id, part, {}});
    earmarked_[id] += part;
    row.reserved += part;
    amount -= part;
  }
}

bool Wallet::can_reserve(Money amount) const {
  const Money left = unrestricted_free();
  return left - std::min(left, owed_beyond_hold()) >= amount;
}

template <class Row>
bool Wallet::add_kept(Kept<Row>& kept, Row row) {
  if (!can_reserve(row.reserve_wanted)) return false;
  Row& own = kept.add(std::move(row));
  draw_reserve(own, own.reserve_wanted);
  refresh_storage();
  return true;
}

bool Wallet::add_disk(Disk disk) { return add_kept(disks_, std::move(disk)); }
bool Wallet::add_address(Address address) { return add_kept(addresses_, std::move(address)); }

void Wallet::post_storage(WallTime at) {
  for (const auto& [id, row] : disks_.rows) post_kept(disks_, id, at);
  for (const auto& [id, row] : addresses_.rows) post_kept(addresses_, id, at);
  refresh_storage();
}

void Wallet::post_storage_if_short() {
  if (owed_beyond_hold() > unrestricted_free()) post_storage(now_);
}

template <class Row>
void Wallet::post_kept(Kept<Row>& kept, const Key<Row>& id, WallTime at) {
  const RunSeconds seconds = counted(*kept.rows.at(id), at);
  Money due = base::cost(kept.rows.at(id)->price, seconds, base::Rounding::kFloor) - kept.rows.at(id)->posted;
  if (due <= Money{}) return;
  Row& row = kept.edit(id);
  const std::string word = kind_word(row);
  Entry entry;
  entry.kind = EntryKind::kStorage;
  if constexpr (std::is_same_v<Row, Disk>)
    entry.subject = row.id.str();
  else
    entry.subject = row.id;
  entry.from = counted_and_posted(row);
  entry.to = seconds;
  entry.price = row.price;
  entry.catalogue = row.catalogue;
  entry.type = word;
  entry.at = at;
  row.posted += due;
  row.posted_at = at;
  if constexpr (std::is_same_v<Row, Address>) row.posted_idle = seconds;
  const auto pay = [&](const GrantId& grant, Money part) {
    due -= part;
    entry.segment = row.segment++;
    spend(grant, part, entry);
  };
  entry.reason = word;
  for (auto& draw : hold_.draws) {
    const Money part = draw.type.empty() ? std::min(due, draw.amount) : Money{};
    if (part <= Money{}) continue;
    draw.amount -= part;
    earmarked_[draw.grant] -= part;
    touched_hold_ = true;
    pay(draw.grant, part);
  }
  std::erase_if(hold_.draws, [](const Draw& draw) { return draw.amount <= Money{}; });
  for (const auto& grant : order_) {
    if (due <= Money{}) return;
    if (!grants_.at(grant).only_types.empty()) continue;
    const Money part = std::min(due, free(grants_.at(grant)));
    if (part > Money{}) pay(grant, part);
  }
  entry.reason = "reserve";
  for (auto& draw : row.reserve_draws) {
    const Money part = std::min(due, draw.amount);
    if (part <= Money{}) continue;
    draw.amount -= part;
    earmarked_[draw.grant] -= part;
    row.reserved -= part;
    pay(draw.grant, part);
  }
  std::erase_if(row.reserve_draws, [](const Draw& draw) { return draw.amount <= Money{}; });
  if (due > Money{}) {
    entry.reason = "unfunded";
    entry.segment = row.segment++;
    entry.debit = "house:unfunded_storage";
    entry.credit = "usage:" + account_.str();
    entry.amount = due;
    row.house += due;
    add_entry(std::move(entry));
  }
}

template <class Row>
void Wallet::free_reserve(Row& row) {
  for (const auto& draw : row.reserve_draws) earmarked_[draw.grant] -= draw.amount;
  row.reserve_draws.clear();
  row.reserved = {};
  row.reserve_wanted = {};
}

void Wallet::delete_disk(const DiskId& id, std::optional<WallTime> purge_at) {
  // In the order of all, so that one disk's end does not spend what the others need first.
  post_kept(disks_, id, now_);
  Disk& disk = edit(id);
  if (!disk.deleted) {
    disk.deleted = now_;
    disk.purge_at = purge_at;
  }
  free_reserve(disk);
  refresh_storage();
}

bool Wallet::restore_disk(const DiskId& id, Money reserve) {
  CHECK(disks_.rows.at(id)->deleted, "only a deleted disk is brought back");
  if (!can_reserve(reserve)) return false;
  Disk& disk = edit(id);
  disk.created.ms += disk.deleted->ms_until(now_);  // its age goes on where it ended
  disk.posted_at = now_;
  disk.deleted.reset();
  disk.purge_at.reset();
  disk.reserve_wanted = reserve;
  draw_reserve(disk, reserve);
  refresh_storage();
  return true;
}

void Wallet::complete_snapshot(const DiskId& id, std::int64_t stored_mib, Price price, Money reserve) {
  Disk& disk = edit(id);
  CHECK(disk.snapshot == SnapshotState::kPending && reserve <= disk.reserve_wanted, "a snapshot was reserved at its most");
  for (auto draw = disk.reserve_draws.rbegin(); draw != disk.reserve_draws.rend() && disk.reserved > reserve; ++draw) {
    const Money part = std::min(draw->amount, disk.reserved - reserve);
    draw->amount -= part;
    earmarked_[draw->grant] -= part;
    disk.reserved -= part;
  }
  std::erase_if(disk.reserve_draws, [](const Draw& draw) { return draw.amount <= Money{}; });
  disk.snapshot = SnapshotState::kCompleted;
  disk.stored_mib = stored_mib;
  disk.price = price;
  disk.created = disk.posted_at = now_;
  disk.reserve_wanted = reserve;
  refresh_storage();
}

void Wallet::fail_snapshot(const DiskId& id) {
  Disk& disk = edit(id);
  disk.snapshot = SnapshotState::kError;
  free_reserve(disk);
}

void Wallet::set_idle(const std::string& id, bool idle) {
  if (idle == addresses_.rows.at(id)->idle_since.has_value()) return;
  if (!idle) {  // an idle time is posted as it ends: afterwards nobody knows which day its seconds were in
    if (const auto midnight = utc_midnight(now_); addresses_.rows.at(id)->posted_at < midnight) post_kept(addresses_, id, midnight);
    post_kept(addresses_, id, now_);
  }
  Address& address = addresses_.edit(id);
  address.idle = counted(address, now_);
  address.idle_since = idle ? std::optional(now_) : std::nullopt;
  refresh_storage();
}

void Wallet::release_address(const std::string& id) {
  set_idle(id, false);
  free_reserve(addresses_.edit(id));
  addresses_.rows.erase(id);
  addresses_.edited.erase(id);
  released_.push_back(id);
  refresh_storage();
}

std::vector<std::string> Wallet::unpaid_addresses() const {
  std::vector<std::string> unpaid;
  const bool short_now = held_for("") <= Money{} && owed_beyond_hold() >= unrestricted_free();
  for (const auto& [id, address] : addresses_.rows)
    if (goes_on(*address) && (short_now || address->reserved < address->reserve_wanted)) unpaid.push_back(id);
  return unpaid;
}

template <class Row>
void Wallet::refill(Kept<Row>& kept) {
  std::vector<Key<Row>> used;
  for (const auto& [id, row] : kept.rows)
    if (row->reserved < row->reserve_wanted) used.push_back(id);
  for (const auto& id : used) {
    Row& row = kept.edit(id);
    draw_reserve(row, row.reserve_wanted - row.reserved);
  }
}

void Wallet::refill_reserves() {
  bool used = false;
  each_kept([&](const auto& row) { used = used || row.reserved < row.reserve_wanted; });
  if (!used) return;
  post_storage(now_);
  refill(disks_);
  refill(addresses_);
}

bool Wallet::storage_older_than(WallTime midnight) const {
  bool older = false;
  each_kept([&](const auto& row) {
    older = older || (row.posted_at < midnight && base::cost(row.price, counted(row, midnight), base::Rounding::kFloor) > row.posted);
  });
  return older;
}

const Disk* Wallet::disk(const DiskId& id) const {
  const auto at = disks_.rows.find(id);
  return at == disks_.rows.end() ? nullptr : at->second.get();
}

void Wallet::give(Grant grant, const std::string& reason) {
  Entry entry;
  entry.kind = EntryKind::kGrant;
  entry.debit = "house:issued";
  entry.credit = "grant:" + grant.id.str();
  entry.amount = grant.amount;
  entry.subject = grant.id.str();
  entry.segment = grant.segment++;
  entry.reason = reason;
  entry.at = now_;
  add_entry(std::move(entry));
  touched_grants_.insert(grant.id);
  order_.push_back(grant.id);  // newest: last among equals until the next wallet sorts it in
  grants_.emplace(grant.id, std::move(grant));
}

GrantId Wallet::take_back(Money amount, const std::string& reason) {
  post_storage(now_);
  GrantId touched;
  for (auto at = order_.rbegin(); at != order_.rend(); ++at) {
    Grant& grant = grants_.at(*at);
    const Money part = std::min(amount, free(grant));
    if (part <= Money{}) continue;
    grant.taken_back += part;
    amount -= part;
    touched_grants_.insert(grant.id);
    touched = grant.id;
    Entry entry;
    entry.kind = EntryKind::kTakeBack;
    entry.debit = "grant:" + grant.id.str();
    entry.credit = "house:issued";
    entry.amount = part;
    entry.subject = grant.id.str();
    entry.segment = grant.segment++;
    entry.reason = reason;
    entry.at = now_;
    add_entry(std::move(entry));
  }
  CHECK(amount <= Money{}, "only what is available is taken back");
  return touched;
}

Wallet::Changes Wallet::take_changes() {
  for (const auto& id : order_) {
    Grant& grant = grants_.at(id);
    const Money left = grant.remaining() - earmarked_[id];
    CHECK(left >= Money{}, "a grant carries what is held and reserved on it");
    if (!expired(grant) || left <= Money{}) continue;
    grant.expired += left;
    touched_grants_.insert(id);
    Entry entry;
    entry.kind = EntryKind::kExpiry;
    entry.debit = "grant:" + id.str();
    entry.credit = "expired:" + account_.str();
    entry.amount = left;
    entry.subject = id.str();
    entry.segment = grant.segment++;
    entry.reason = "expired";
    entry.at = now_;
    add_entry(std::move(entry));
  }
  Changes changes;
  for (const auto& id : touched_grants_) changes.grants.push_back(grants_.at(id));
  if (touched_hold_) {
    hold_.amount = held();
    changes.hold = hold_;
  }
  for (const auto& [id, own] : disks_.edited) changes.disks.push_back(*own);
  for (const auto& [id, own] : addresses_.edited) changes.addresses.push_back(*own);
  changes.released = std::exchange(released_, {});
  changes.entries = std::exchange(entries_, {});
  touched_grants_.clear();
  disks_.edited.clear();
  addresses_.edited.clear();
  touched_hold_ = false;
  return changes;
}

}  // namespace stipend::domain
