#include "app/ports.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "app/console_actor.hpp"
#include "app/notice_words.hpp"
#include "app/words.hpp"
#include "control/await.hpp"
#include "control/commands/accounts.hpp"
#include "control/commands/images.hpp"
#include "control/commands/instances.hpp"
#include "control/commands/policy.hpp"
#include "control/commands/queue.hpp"
#include "domain/catalogue.hpp"
#include "domain/disk_runway.hpp"

namespace stipend::app {

using base::Result;
using base::Status;
using domain::State;
using gateway::awaitable;

namespace {

const domain::Catalogue* catalogue_of(const State& state, const base::AccountId& account, base::WallTime now) {
  const auto* row = state.find<domain::Account>(account);
  const auto* course = row ? state.find<domain::Course>(row->course) : nullptr;
  return course ? domain::catalogue_at(state, *course, now) : nullptr;
}

gateway::InstanceView view(const State& state, const domain::Catalogue* catalogue, const domain::Instance& instance) {
  gateway::InstanceView out;
  out.id = instance.id;
  if (const auto name = instance.tags.find("Name"); name != instance.tags.end()) out.name = name->second;
  out.type = instance.type;
  out.state = to_word(instance.state);
  out.public_address = instance.public_address;
  out.private_address = instance.private_address;
  out.key_name = instance.key_name;
  out.reason = stop_sentence(instance);
  if (!out.reason.empty()) out.stopped_at = instance.stopped_at;
  out.launched = instance.launched;
  for (const auto& notice : instance.notices)
    out.notices.push_back({notice_kind(notice.kind), notice_sentence(notice, instance, catalogue), notice.at});
  if (const auto* image = state.find<domain::Image>(instance.image)) {
    out.image = image->name;
    out.jupyter = image->jupyter;
  }
  if (const auto* type = catalogue ? domain::find_type(*catalogue, instance.type) : nullptr)
    out.price_per_hour = {instance.run ? instance.run->price.nano_per_hour : type->price.nano_per_hour};
  if (instance.run && instance.run->running_since)
    out.stops_at = instance.run->running_since->plus_seconds(instance.run->lease_run_max.count);
  return out;
}

}  // namespace

awaitable<Result<std::string>> EnginePorts::peek_sign_in(std::string token) {
  return control::read<std::string>(engine_, console_actor({}), [token = std::move(token)](const State& state, base::WallTime now) {
    return control::peek_sign_in(state, now, token);
  });
}

awaitable<Result<gateway::Pass>> EnginePorts::sign_in(std::string token) {
  return control::run<gateway::Pass>(engine_, console_actor({}),
                                     [token = std::move(token)](control::Tx& tx) -> Result<gateway::Pass> {
                                       TRY_ASSIGN(const auto made, control::redeem_sign_in(tx, token));
                                       return gateway::Pass{made.secret, made.expires};
                                     });
}

awaitable<Status> EnginePorts::sign_out(std::string session) {
  const auto done = co_await control::run<bool>(engine_, console_actor({}),
                                                [session = std::move(session)](control::Tx& tx) -> Result<bool> {
                                                  TRY(control::sign_out(tx, session));
                                                  return true;
                                                });
  if (!done) co_return std::unexpected(done.error());
  co_return Status{};
}

awaitable<Result<gateway::Who>> EnginePorts::who(std::string session) {
  return control::read<gateway::Who>(
      engine_, console_actor({}), [session = std::move(session)](const State& state, base::WallTime now) -> Result<gateway::Who> {
        TRY_ASSIGN(const auto id, control::session_account(state, now, session));
        const auto* account = state.find<domain::Account>(id);
        if (!account) return base::fail(base::Fault::kDenied, "PassRefused", "You are not signed in.");
        const auto* person = state.find<domain::Person>(account->person);
        const auto* course = state.find<domain::Course>(account->course);
        return gateway::Who{id, person ? person->name : "", course ? course->name : "", to_word(account->role),
                            account->status == domain::AccountStatus::kSuspended};
      });
}

awaitable<Result<gateway::Wallet>> EnginePorts::wallet(base::AccountId account) {
  return control::read<gateway::Wallet>(
      engine_, console_actor(account), [account](const State& state, base::WallTime now) -> Result<gateway::Wallet> {
        // The free tier is hours: it is among the credit that was given, and no part of what is left.
        const auto f = control::figures(state, account, now);
        const auto tier = domain::free_tier_left(state, account, now);
        return gateway::Wallet{f.granted - tier, f.charged, f.available - tier, f.held, f.reserved, f.rate_per_hour, f.anything_running,
                               f.lasts_until, now, domain::disks_kept_until(state, account, now)};
      });
}

awaitable<Result<std::vector<gateway::InstanceView>>> EnginePorts::instances(base::AccountId account) {
  using Views = std::vector<gateway::InstanceView>;
  return control::read<Views>(engine_, console_actor(account), [account](const State& state, base::WallTime now) -> Result<Views> {
    Views out;
    const auto* catalogue = catalogue_of(state, account, now);
    if (const auto own = state.instances_of.find(account); own != state.instances_of.end())
      for (const auto& id : own->second)
        if (const auto* instance = state.find<domain::Instance>(id)) out.push_back(view(state, catalogue, *instance));
    return out;
  });
}

awaitable<Result<std::vector<gateway::ImageView>>> EnginePorts::images(base::AccountId account) {
  using Views = std::vector<gateway::ImageView>;
  return control::read<Views>(engine_, console_actor(account), [account](const State& state, base::WallTime) -> Result<Views> {
    Views out;
    for (const auto& [id, image] : state.images)
      if (control::launchable_image(state, account, id))
        out.push_back({id, image->name, image->description, image->jupyter, image->account.empty()});
    return out;
  });
}

awaitable<Result<std::vector<gateway::TypeView>>> EnginePorts::types(base::AccountId account) {
  using Views = std::vector<gateway::TypeView>;
  return control::read<Views>(engine_, console_actor(account), [account](const State& state, base::WallTime now) -> Result<Views> {
    Views out;
    const auto* catalogue = catalogue_of(state, account, now);
    if (!catalogue) return out;
    const auto left = control::figures(state, account, now).available;
    const auto allowed = control::policy_of(state, account).types;
    for (const auto& type : catalogue->types) {
      if (!allowed.empty() && std::ranges::find(allowed, type.name) == allowed.end()) continue;
      const auto pays = left - domain::available_not_for(state, account, type.name, now);
      const auto hours = type.price.nano_per_hour > 0 ? pays.nano / type.price.nano_per_hour : 0;
      out.push_back({type.name, type.vcpus, type.memory_mib, {type.price.nano_per_hour}, hours});
    }
    return out;
  });
}

awaitable<Result<std::vector<std::string>>> EnginePorts::key_pairs(base::AccountId account) {
  using Names = std::vector<std::string>;
  return control::read<Names>(engine_, console_actor(account), [account](const State& state, base::WallTime) -> Result<Names> {
    Names out;
    if (const auto own = state.key_pairs_of.find(account); own != state.key_pairs_of.end())
      for (const auto& id : own->second)
        if (const auto* pair = state.find<domain::KeyPair>(id)) out.push_back(pair->name);
    std::ranges::sort(out);
    return out;
  });
}

awaitable<Result<gateway::Begun>> EnginePorts::launch(base::AccountId account, gateway::LaunchWish wish, std::string request_id) {
  return control::run<gateway::Begun>(
      engine_, console_actor(account, std::move(request_id)),
      [request = control::page_launch({wish.image, wish.type, wish.name, wish.key_name, wish.idempotency_key})](control::Tx& tx)
          -> Result<gateway::Begun> {
        TRY_ASSIGN(auto begun, control::launch_or_wait(tx, request));
        return gateway::Begun{begun.instance, std::move(begun.place)};
      });
}

awaitable<Result<gateway::Begun>> EnginePorts::act(base::AccountId account, base::InstanceId instance, gateway::Act act, std::string request_id) {
  return control::run<gateway::Begun>(
      engine_, console_actor(account, std::move(request_id)), [instance, act](control::Tx& tx) -> Result<gateway::Begun> {
        gateway::Begun out;
        switch (act) {
          case gateway::Act::kStart: {
            TRY_ASSIGN(auto begun, control::start_or_wait(tx, instance));
            out = {begun.instance, std::move(begun.place)};
            break;
          }
          case gateway::Act::kStop: TRY(control::stop(tx, {{instance}})); break;
          case gateway::Act::kReboot: TRY(control::reboot(tx, {instance}, false)); break;
          case gateway::Act::kTerminate: TRY(control::terminate(tx, {instance}, false)); break;
        }
        return out;
      });
}

awaitable<Result<std::string>> EnginePorts::make_ticket(std::string session, base::InstanceId instance) {
  return control::run<std::string>(engine_, console_actor({}),
                                   [session = std::move(session), instance](control::Tx& tx) -> Result<std::string> {
                                     TRY(control::session_account(tx.state(), tx.now(), session));
                                     return control::make_notebook_ticket(tx, session, instance);
                                   });
}

awaitable<Result<gateway::Pass>> EnginePorts::redeem_ticket(std::string ticket, base::InstanceId instance) {
  return control::run<gateway::Pass>(engine_, console_actor({}),
                                     [ticket = std::move(ticket), instance](control::Tx& tx) -> Result<gateway::Pass> {
                                       TRY_ASSIGN(const auto made, control::redeem_notebook_ticket(tx, ticket, instance));
                                       return gateway::Pass{made.secret, made.expires};
                                     });
}

awaitable<Result<gateway::Route>> EnginePorts::route(std::string pass, base::InstanceId instance) {
  return control::read<gateway::Route>(
      engine_, console_actor({}),
      [pass = std::move(pass), instance](const State& state, base::WallTime now) -> Result<gateway::Route> {
        auto found = control::notebook_route(state, now, pass, instance);
        if (found) return gateway::Route{found->instance, found->generation, found->address, found->jupyter_token};
        if (found.error().code == "NotRunning")
          if (const auto* row = state.find<domain::Instance>(instance))
            if (auto why = stop_sentence(*row); !why.empty()) return base::fail(base::Fault::kConflict, "NotRunning", std::move(why));
        return std::unexpected(found.error());
      });
}

}  // namespace stipend::app
