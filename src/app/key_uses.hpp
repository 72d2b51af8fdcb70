// When access keys were last used: noted by whoever checks signatures, kept in memory and written every few minutes, so
// that a request costs no commit. What was not written yet when the server is killed is lost.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <mutex>
#include <optional>
#include <string>

#include "base/clock.hpp"
#include "control/commands/access_keys.hpp"
#include "control/engine.hpp"

namespace stipend::app {

class KeyUses {
 public:
  KeyUses(control::Engine& engine, const base::Clock& clock) : engine_(engine), clock_(clock) {}

  // A request signed with the key was in order. Any thread.
  void note(const std::string& access_key_id);
  std::optional<base::WallTime> unwritten(const std::string& access_key_id) const;

  boost::asio::awaitable<void> run();    // for ever
  boost::asio::awaitable<void> write();  // what there is

 private:
  control::Engine& engine_;
  const base::Clock& clock_;
  mutable std::mutex guard_;
  control::KeyUse used_;  // since the last write
};

}  // namespace stipend::app
