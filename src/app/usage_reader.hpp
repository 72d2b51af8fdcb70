// Reads what accounts were charged, for the AWS side: days as the store sums them, entries by when they were made. The
// store's reads block, so they have a thread of their own; what waits is bounded. Any thread.
#pragma once

#include <atomic>
#include <boost/asio/thread_pool.hpp>

#include "api/context.hpp"
#include "store/store.hpp"

namespace stipend::app {

class UsageReader {
 public:
  static constexpr int kWaitingMax = 64;
  static constexpr std::size_t kEntriesMax = 200'000;  // in one answer

  explicit UsageReader(store::Store& store) : store_(store) {}
  ~UsageReader();  // waits for what is being read
  UsageReader(const UsageReader&) = delete;
  UsageReader& operator=(const UsageReader&) = delete;

  // As api::ReadUsage and api::ReadEntries say. ThrottlingException: too many ask; LimitExceededException: more than
  // kEntriesMax entries.
  void usage(std::vector<base::AccountId> accounts, base::WallTime from, base::WallTime until, api::UsageDone done);
  void entries(std::vector<base::AccountId> accounts, base::WallTime from, base::WallTime until, api::EntriesDone done);

 private:
  template <class Row, class Read>
  void queue(Read read, std::function<void(base::Result<std::vector<Row>>)> done);

  store::Store& store_;
  std::atomic<int> waiting_ = 0;
  boost::asio::thread_pool pool_{1};
};

// An account's entries made in [from, until), in their order. Finds the first by halving the numbers, so that it does not
// walk what was before.
base::Result<std::vector<domain::Entry>> entries_between(store::Store& store, const base::AccountId& account, base::WallTime from, base::WallTime until,
                                                         std::size_t most);

}  // namespace stipend::app
