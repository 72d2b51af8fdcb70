#include "app/usage_reader.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <iterator>

namespace stipend::app {
namespace {

using base::AccountId;
using base::Fault;
using base::WallTime;

// An entry of a midnight may be made after entries of the new day, never a day late.
constexpr std::int64_t kLateMs = 86'400'000;

// The account's first entry after a number, if any.
base::Result<std::optional<domain::Entry>> first_after(store::Store& store, const AccountId& account, std::int64_t number) {
  TRY_ASSIGN(auto found, store.entries({.account = account, .after = number, .limit = 1}));
  if (found.empty()) return std::nullopt;
  return std::optional(std::move(found.front()));
}

// A number after which no entry of the account was made before `from`, and not many that were.
base::Result<std::int64_t> number_before(store::Store& store, const AccountId& account, WallTime from) {
  std::int64_t low = 0, high = 1;  // what follows `low` may be too old, what follows `high` is not
  const auto is_late = [&](std::int64_t number) -> base::Result<bool> {
    TRY_ASSIGN(const auto entry, first_after(store, account, number));
    return !entry || entry->at >= from;
  };
  while (true) {
    TRY_ASSIGN(const bool late, is_late(high));
    if (late) break;
    low = high;
    high *= 2;
  }
  while (high - low > 1) {
    const std::int64_t middle = low + (high - low) / 2;
    TRY_ASSIGN(const bool late, is_late(middle));
    (late ? high : low) = middle;
  }
  return low;
}

}  // namespace

base::Result<std::vector<domain::Entry>> entries_between(store::Store& store, const AccountId& account, WallTime from, WallTime until, std::size_t most) {
  TRY_ASSIGN(const auto before, number_before(store, account, from.plus_ms(-kLateMs)));
  std::vector<domain::Entry> out;
  store::EntryQuery query{.account = account, .after = before};
  while (true) {
    TRY_ASSIGN(auto page, store.entries(query));
    for (auto& entry : page) {
      if (entry.at >= until.plus_ms(kLateMs)) return out;
      if (entry.at < from || entry.at >= until) continue;
      if (out.size() == most)
        return base::fail(Fault::kInvalid, "LimitExceededException",
                          "The period has too many entries to be told by the hour, machine or tag; ask for a shorter one.");
      out.push_back(entry);
    }
    if (page.size() < query.limit) return out;
    query.after = page.back().number;
  }
}

UsageReader::~UsageReader() { pool_.join(); }

template <class Row, class Read>
void UsageReader::queue(Read read, std::function<void(base::Result<std::vector<Row>>)> done) {
  if (waiting_.fetch_add(1) >= kWaitingMax) {
    waiting_.fetch_sub(1);
    return done(base::fail(Fault::kThrottled, "ThrottlingException", "Too many requests for costs are waiting; try again."));
  }
  boost::asio::post(pool_, [this, read = std::move(read), done = std::move(done)]() mutable {
    auto rows = read();
    waiting_.fetch_sub(1);
    done(std::move(rows));
  });
}

void UsageReader::usage(std::vector<AccountId> accounts, WallTime from, WallTime until, api::UsageDone done) {
  const auto read = [this, accounts = std::move(accounts), from, until]() -> base::Result<std::vector<domain::UsageDay>> {
    std::vector<domain::UsageDay> out;
    for (const auto& account : accounts) {
      TRY_ASSIGN(auto days, store_.usage({account, from, until}));
      std::ranges::move(days, std::back_inserter(out));
    }
    return out;
  };
  queue<domain::UsageDay>(read, std::move(done));
}

void UsageReader::entries(std::vector<AccountId> accounts, WallTime from, WallTime until, api::EntriesDone done) {
  const auto read = [this, accounts = std::move(accounts), from, until]() -> base::Result<std::vector<domain::Entry>> {
    std::vector<domain::Entry> out;
    for (const auto& account : accounts) {
      TRY_ASSIGN(auto found, entries_between(store_, account, from, until, kEntriesMax - out.size()));
      std::ranges::move(found, std::back_inserter(out));
    }
    return out;
  };
  queue<domain::Entry>(read, std::move(done));
}

}  // namespace stipend::app
