#include "net/deadlines.hpp"

#include <time.h>

namespace stipend::net {

std::int64_t monotonic_ms() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
  return std::int64_t{now.tv_sec} * 1000 + now.tv_nsec / 1'000'000;
}

Timed::Timed(std::shared_ptr<Deadlines> of) : of_(std::move(of)), after_(of_->first_) {
  if (after_ != nullptr) after_->before_ = this;
  of_->first_ = this;
  of_->arm();
}

Timed::~Timed() {
  (before_ != nullptr ? before_->after_ : of_->first_) = after_;
  if (after_ != nullptr) after_->before_ = before_;
}

// With nothing to watch no timer runs: an idle server does not wake.
void Deadlines::arm() {
  if (armed_) return;
  armed_ = true;
  timer_.expires_after(std::chrono::milliseconds(kTickMs));
  timer_.async_wait([weak = weak_from_this()](const boost::system::error_code& ec) {
    if (const auto self = weak.lock(); self && !ec) self->sweep();
  });
}

void Deadlines::sweep() {
  armed_ = false;
  const std::int64_t now = monotonic_ms();
  for (Timed* each = first_; each != nullptr; each = each->after_) each->check(now);
  if (first_ != nullptr) arm();
}

}  // namespace stipend::net
