#include "net/pool.hpp"

#include <boost/asio/post.hpp>

namespace stipend::net {

class Pool::Idle final : public Timed {
 public:
  Idle(Pool& pool, std::unique_ptr<Conduit> kept)
      : Timed(pool.deadlines_), conduit(std::move(kept)), until_ms(monotonic_ms() + kIdleMs), pool_(pool) {}

  void check(std::int64_t now_ms) override {
    if (now_ms < until_ms || pool_.dropping_) return;
    pool_.dropping_ = true;  // not in here: a sweep must not lose its place
    boost::asio::post(pool_.executor_, [weak = pool_.weak_from_this()] {
      if (const auto pool = weak.lock()) pool->drop_old();
    });
  }

  std::unique_ptr<Conduit> conduit;
  std::int64_t until_ms;

 private:
  Pool& pool_;
};

Pool::Pool(boost::asio::any_io_executor executor, std::shared_ptr<Deadlines> deadlines)
    : executor_(std::move(executor)), deadlines_(std::move(deadlines)) {}
Pool::~Pool() = default;

std::unique_ptr<Conduit> Pool::take(const std::string& key) {
  const auto found = idle_.find(key);
  if (found == idle_.end()) return nullptr;
  std::unique_ptr<Conduit> usable;
  auto& same = found->second;
  while (!same.empty() && !usable) {
    usable = std::move(same.back()->conduit);
    same.pop_back();
    --size_;
    if (!usable->quiet()) usable.reset();
  }
  if (same.empty()) idle_.erase(found);
  return usable;
}

void Pool::put(const std::string& key, std::unique_ptr<Conduit> conduit) {
  if (size_ >= kMax) return;
  auto& same = idle_[key];
  if (same.size() >= kPerKeyMax) return;
  same.push_back(std::make_unique<Idle>(*this, std::move(conduit)));
  ++size_;
}

void Pool::drop_old() {
  dropping_ = false;
  const std::int64_t now = monotonic_ms();
  for (auto each = idle_.begin(); each != idle_.end();) {
    size_ -= std::erase_if(each->second, [now](const auto& idle) { return now >= idle->until_ms; });
    each = each->second.empty() ? idle_.erase(each) : std::next(each);
  }
}

void Pool::forget(std::string_view prefix) {
  for (auto each = idle_.begin(); each != idle_.end();) {
    const bool goes = each->first.starts_with(prefix);
    if (goes) size_ -= each->second.size();
    each = goes ? idle_.erase(each) : std::next(each);
  }
}

void Pool::clear() {
  idle_.clear();
  size_ = 0;
}

}  // namespace stipend::net
