// EnginePorts: the queue for room.
#include "app/place_view.hpp"
#include "app/ports.hpp"
#include "control/await.hpp"
#include "control/commands/queue.hpp"

namespace stipend::app {
namespace {

control::Actor page_actor(const base::AccountId& account, std::string request_id) {
  control::Actor actor;
  actor.who = account.str();
  actor.via = "console";
  actor.request_id = std::move(request_id);
  actor.account = account;
  return actor;
}

}  // namespace

gateway::awaitable<base::Result<std::vector<gateway::PlaceView>>> EnginePorts::places(base::AccountId account) {
  using Views = std::vector<gateway::PlaceView>;
  return control::read<Views>(engine_, page_actor(account, ""),
                              [this, account](const domain::State& state, base::WallTime now) -> base::Result<Views> {
                                Views out;
                                for (const auto& place : board_.of(state, now, account)) out.push_back(to_view(place));
                                return out;
                              });
}

gateway::awaitable<base::Status> EnginePorts::leave_queue(base::AccountId account, std::string place, std::string request_id) {
  const auto done = co_await control::run<bool>(engine_, page_actor(account, std::move(request_id)),
                                                [place = std::move(place)](control::Tx& tx) -> base::Result<bool> {
                                                  TRY(control::leave_queue(tx, place));
                                                  return true;
                                                });
  if (!done) co_return std::unexpected(done.error());
  co_return base::Status{};
}

}  // namespace stipend::app
