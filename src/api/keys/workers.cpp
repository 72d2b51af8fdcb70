#include "api/keys/workers.hpp"

#include <boost/asio/post.hpp>

#include "control/await.hpp"

namespace stipend::api {

KeyWorkers::KeyWorkers(base::Random& random, int waiting_max) : random_(&random), waiting_max_(waiting_max) {}

KeyWorkers::~KeyWorkers() {
  pool_.join();
}

boost::asio::awaitable<base::Result<MadeKeyPair>> KeyWorkers::make(KeyType type, KeyFormat format,
                                                                   std::string comment) {
  if (waiting_.fetch_add(1) >= waiting_max_) {
    waiting_.fetch_sub(1);
    co_return base::fail(base::Fault::kThrottled, "RequestLimitExceeded", "Request limit exceeded.");
  }
  // Not co_spawn on the pool: what ends there would race with this coroutine over its cancellation state.
  auto made = co_await control::from_callback<MadeKeyPair>([&](auto done) {
    boost::asio::post(pool_, [this, type, format, comment = std::move(comment), done = std::move(done)]() mutable {
      done(make_key_pair(*random_, type, format, comment));
    });
  });
  waiting_.fetch_sub(1);
  co_return made;
}

}  // namespace stipend::api
