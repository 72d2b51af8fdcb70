// Makes key pairs on threads of its own: an RSA key costs tenths of a second that connections must not wait
// for.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/thread_pool.hpp>

#include <atomic>
#include <string>

#include "api/keys/key_pair.hpp"

namespace stipend::api {

class KeyWorkers {
 public:
  // At most `waiting_max` at a time, then RequestLimitExceeded.
  explicit KeyWorkers(base::Random& random, int waiting_max = 64);
  ~KeyWorkers();  // waits for what is being made
  // Any thread; resumes on the caller's executor.
  boost::asio::awaitable<base::Result<MadeKeyPair>> make(KeyType type, KeyFormat format, std::string comment);

 private:
  base::Random* random_;
  int waiting_max_;
  std::atomic<int> waiting_ = 0;
  boost::asio::thread_pool pool_{1};
};

}  // namespace stipend::api
