// What the gateway knows of access keys: a member's own. The secret of a new one passes through once and is kept nowhere
// here. The same rules as ports.hpp.
#pragma once

#include "gateway/ports.hpp"

namespace stipend::gateway {

struct AccessKeyView {
  std::string id;
  WallTime created;
  bool active = true;
  std::optional<WallTime> used;  // empty: never
};

struct AccessKeysView {
  std::vector<AccessKeyView> keys;  // oldest first
  std::size_t most = 0;             // that one account may have
};

struct NewAccessKey {
  std::string id, secret, region;
};

class KeyPorts {
 public:
  virtual ~KeyPorts() = default;
  virtual awaitable<base::Result<AccessKeysView>> keys(base::AccountId account) = 0;
  virtual awaitable<base::Result<NewAccessKey>> create(base::AccountId account, std::string request_id) = 0;
  virtual awaitable<base::Status> set_active(base::AccountId account, std::string key, bool active, std::string request_id) = 0;
  virtual awaitable<base::Status> remove(base::AccountId account, std::string key, std::string request_id) = 0;
};

}  // namespace stipend::gateway
