#include "ledger/verification.hpp"

#include <fmt/format.h>

#include <utility>

namespace stipend::ledger {
namespace {

constexpr std::size_t kShown = 10;

void find(Verdict& verdict, std::string what) {
  ++verdict.found;
  if (verdict.findings.size() < kShown) verdict.findings.push_back(std::move(what));
}

}  // namespace

Verification::Verification(const Rows& rows, std::optional<InMemory> held) : rows_(rows), held_(std::move(held)) {
  add_entry_checks(checks_, rows_);
  add_price_checks(checks_, rows_);
  add_edition_checks(checks_, rows_);
  add_address_checks(checks_, rows_);
  add_row_checks(checks_, rows_);
  once_.name = "once";
  once_.rule = "each segment of a run, a disk, an address or a grant is posted once";
  damaged_.name = "readable";
  damaged_.rule = "each entry can be read";
  memory_.name = "memory";
  memory_.rule = "what the running server has in memory is what the entries say";
  if (held_ && held_->last_entry == 0) compare_with_memory();
}

void Verification::add(domain::Entry entry) {
  const auto chain = std::exchange(entry.chain, {});
  const auto after = books_.post(entry);
  const Posting posting{entry, chain, after};
  for (const auto& check : checks_) check->add(posting);
  if (rows_.with_usage) usage_.add(posting);
  ++entries_;
  if (!held_ || entry.number != held_->last_entry) return;
  if (chain != held_->last_chain) find(memory_, fmt::format("entry {} ends the server's chain with another hash", entry.number));
  compare_with_memory();
}

void Verification::compare_with_memory() {
  for (const auto& grant : held_->grants) {
    const auto* book = books_.find("grant:" + grant->id.str());
    const Wide left = book ? book->balance : 0;
    if (left != grant->remaining().nano)
      find(memory_, fmt::format("{} of account {}: {} left by its entries, {} in the server's memory", grant->id.view(), grant->account.view(),
                                dollars(left), dollars(grant->remaining().nano)));
  }
  memory_.figures = fmt::format("{} grants at entry {}", held_->grants.size(), held_->last_entry);
}

void Verification::add_damaged(std::int64_t number, const std::string& why) { find(damaged_, fmt::format("entry {}: {}", number, why)); }

std::vector<Verdict> Verification::end(const Repeats& repeats) {
  std::vector<Verdict> verdicts{damaged_};
  for (const auto& check : checks_) {
    check->end(rows_, books_);
    verdicts.push_back(check->verdict());
  }
  if (rows_.with_usage) {
    usage_.end(rows_, books_);
    verdicts.push_back(usage_.verdict());
  }
  for (const auto& posting : repeats.postings) find(once_, posting + " is posted more than once");
  if (!repeats.refused) find(once_, "the unique index that refuses a second posting is gone from the database");
  verdicts.push_back(once_);
  if (held_) {
    if (memory_.figures.empty())
      find(memory_, fmt::format("the server has committed entry {}, and the file does not have it", held_->last_entry));
    verdicts.push_back(memory_);
  }
  return verdicts;
}

}  // namespace stipend::ledger
