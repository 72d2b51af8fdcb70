// Who acts through the console: an account, or a visitor who has none yet.
#pragma once

#include "control/tx.hpp"

namespace stipend::app {

inline control::Actor console_actor(const base::AccountId& account, std::string request_id = "") {
  control::Actor actor;
  actor.who = account.empty() ? "visitor" : account.str();
  actor.via = "console";
  actor.request_id = std::move(request_id);
  actor.account = account;
  return actor;
}

}  // namespace stipend::app
