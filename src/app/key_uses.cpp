#include "app/key_uses.hpp"

#include <chrono>

#include "base/log.hpp"
#include "control/await.hpp"
#include "net/runtime.hpp"

namespace stipend::app {
namespace {
constexpr auto kWrittenEvery = std::chrono::minutes(5);
constexpr std::size_t kKeysAStep = 250;
}  // namespace

void KeyUses::note(const std::string& access_key_id) {
  const auto now = clock_.wall();
  const std::lock_guard lock(guard_);
  used_[access_key_id] = now;
}

std::optional<base::WallTime> KeyUses::unwritten(const std::string& access_key_id) const {
  const std::lock_guard lock(guard_);
  const auto at = used_.find(access_key_id);
  return at == used_.end() ? std::nullopt : std::optional(at->second);
}

boost::asio::awaitable<void> KeyUses::run() {
  for (;;) {
    co_await net::sleep_for(kWrittenEvery);
    co_await write();
  }
}

boost::asio::awaitable<void> KeyUses::write() {
  for (;;) {
    control::KeyUse some;
    {
      const std::lock_guard lock(guard_);
      while (!used_.empty() && some.size() < kKeysAStep) some.insert(used_.extract(used_.begin()));
    }
    if (some.empty()) co_return;
    control::Actor actor;
    actor.who = "server";
    actor.via = "clock";
    const auto done = co_await control::run<bool>(engine_, actor, [some](control::Tx& tx) -> base::Result<bool> {
      control::note_key_use(tx, some);
      return true;
    });
    if (done) continue;
    base::log::warn("the use of access keys was not written", {{"error", done.error().message}});
    const std::lock_guard lock(guard_);
    used_.merge(some);  // a later use of the same key stays
    co_return;
  }
}

}  // namespace stipend::app
