#include "app/ports_house.hpp"

#include "app/console_actor.hpp"
#include "app/words.hpp"
#include "control/await.hpp"
#include "control/commands/people.hpp"
#include "control/commands/unfunded.hpp"

namespace stipend::app {

using base::Result;
using domain::State;
using gateway::awaitable;

namespace {

constexpr std::size_t kShown = 1'000;

gateway::HouseDiskView view(const State& state, const control::UnfundedDisk& found) {
  const auto& disk = *found.disk;
  gateway::HouseDiskView out{.disk = disk.id,
                             .account = disk.account,
                             .member = "",
                             .kind = to_word(disk.kind),
                             .machine = disk.attached.str(),
                             .gib = disk.gib,
                             .paid = disk.house,
                             .price_per_hour = {disk.price.nano_per_hour},
                             .kept_until = found.kept_until,
                             .unfunded = found.house_pays};
  const auto* account = state.find<domain::Account>(disk.account);
  if (const auto* person = account ? state.find<domain::Person>(account->person) : nullptr)
    out.member = person->name.empty() ? person->identifier : person->name;
  if (const auto* machine = state.find<domain::Instance>(disk.attached)) {
    out.running = machine->run.has_value();
    if (const auto name = machine->tags.find("Name"); name != machine->tags.end() && !name->second.empty()) out.machine = name->second;
  }
  return out;
}

}  // namespace

awaitable<Result<gateway::HouseDisks>> EngineHouse::disks(base::AccountId staff) {
  const auto actor = console_actor(staff);
  return control::read<gateway::HouseDisks>(engine_, actor, [actor](const State& state, base::WallTime now) -> Result<gateway::HouseDisks> {
    TRY_ASSIGN(const auto* course, control::managed_course(state, actor, ""));
    const auto found = control::unfunded_disks(state, *course, now);
    gateway::HouseDisks out{{}, found.size()};
    for (const auto& one : found) {
      if (out.rows.size() == kShown) break;
      out.rows.push_back(view(state, one));
    }
    return out;
  });
}

awaitable<base::Status> EngineHouse::remove(base::AccountId staff, base::DiskId disk, std::string request_id) {
  const auto done = co_await control::run<bool>(engine_, console_actor(staff, std::move(request_id)), [disk](control::Tx& tx) -> Result<bool> {
    TRY(control::delete_unfunded(tx, disk));
    return true;
  });
  if (!done) co_return std::unexpected(done.error());
  co_return base::Status{};
}

}  // namespace stipend::app
