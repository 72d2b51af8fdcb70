#include "app/ports_keys.hpp"

#include <algorithm>

#include "app/console_actor.hpp"
#include "control/await.hpp"

namespace stipend::app {

using base::Result;
using base::Status;
using gateway::awaitable;

awaitable<Result<gateway::AccessKeysView>> EngineKeys::keys(base::AccountId account) {
  return control::read<gateway::AccessKeysView>(
      engine_, console_actor(account), [account, &uses = uses_](const domain::State& state, base::WallTime) -> Result<gateway::AccessKeysView> {
        gateway::AccessKeysView out;
        out.most = control::kAccessKeysMost;
        for (const auto& [key, written] : control::access_keys_of(state, account))
          out.keys.push_back({key->access_key_id, key->created, key->active, std::max(written, uses.unwritten(key->access_key_id))});
        return out;
      });
}

awaitable<Result<gateway::NewAccessKey>> EngineKeys::create(base::AccountId account, std::string request_id) {
  return control::run<gateway::NewAccessKey>(engine_, console_actor(account, std::move(request_id)),
                                             [&vault = vault_, region = region_](control::Tx& tx) -> Result<gateway::NewAccessKey> {
                                               TRY_ASSIGN(const auto made, control::create_access_key(tx, vault));
                                               return gateway::NewAccessKey{made.id, made.secret, region};
                                             });
}

awaitable<Status> EngineKeys::set_active(base::AccountId account, std::string key, bool active, std::string request_id) {
  const auto done = co_await control::run<bool>(engine_, console_actor(account, std::move(request_id)), [key, active](control::Tx& tx) -> Result<bool> {
    TRY(control::set_access_key_active(tx, key, active));
    return true;
  });
  if (!done) co_return std::unexpected(done.error());
  co_return Status{};
}

awaitable<Status> EngineKeys::remove(base::AccountId account, std::string key, std::string request_id) {
  const auto done = co_await control::run<bool>(engine_, console_actor(account, std::move(request_id)), [key](control::Tx& tx) -> Result<bool> {
    TRY(control::delete_access_key(tx, key));
    return true;
  });
  if (!done) co_return std::unexpected(done.error());
  co_return Status{};
}

}  // namespace stipend::app
