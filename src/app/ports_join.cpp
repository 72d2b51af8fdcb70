#include "app/ports_join.hpp"

#include "app/console_actor.hpp"
#include "app/place_view.hpp"
#include "app/words.hpp"
#include "control/await.hpp"
#include "control/commands/accounts.hpp"
#include "control/commands/join.hpp"
#include "control/commands/links.hpp"
#include "domain/catalogue.hpp"

namespace stipend::app {

using base::Result;
using domain::State;
using gateway::awaitable;

namespace {

gateway::GoView view(const State& state, const base::AccountId& account, const domain::CourseLink& link, base::WallTime now) {
  gateway::GoView out;
  out.title = link.title;
  out.image = link.image;
  out.type = link.type;
  out.repository = link.repository;
  out.landing = control::landing_path(link);
  const auto* course = state.find<domain::Course>(link.course);
  const auto* catalogue = course ? domain::catalogue_at(state, *course, now) : nullptr;
  const auto price = [&](const std::string& name) {
    const auto* type = catalogue ? domain::find_type(*catalogue, name) : nullptr;
    return type ? std::optional(base::Money{type->price.nano_per_hour}) : std::nullopt;
  };
  out.price_per_hour = price(link.type).value_or(base::Money{});
  out.broken = !control::image_of(state, link) || !price(link.type);
  if (const auto* machine = control::machine_for(state, account, link)) {
    out.broken = false;
    out.instance = machine->id;
    if (const auto name = machine->tags.find("Name"); name != machine->tags.end()) out.instance_name = name->second;
    out.instance_type = machine->type;
    out.price_per_hour = price(machine->type).value_or(out.price_per_hour);
    out.state = to_word(machine->state);
  }
  return out;
}

}  // namespace

awaitable<Result<gateway::JoinOffer>> EngineJoin::look_at_code(std::string code) {
  return control::read<gateway::JoinOffer>(engine_, console_actor({}), [code = std::move(code)](const State& state, base::WallTime now) -> Result<gateway::JoinOffer> {
    TRY_ASSIGN(const auto offer, control::look_at_join_code(state, now, code));
    return gateway::JoinOffer{offer.course, offer.teachers, offer.credit};
  });
}

awaitable<Result<gateway::JoinedView>> EngineJoin::join(std::string code, std::string identifier, std::string request_id) {
  return control::run<gateway::JoinedView>(
      engine_, console_actor({}, std::move(request_id)), [code = std::move(code), identifier = std::move(identifier)](control::Tx& tx) -> Result<gateway::JoinedView> {
        TRY_ASSIGN(const auto joined, control::join(tx, code, identifier));
        return gateway::JoinedView{{joined.session, {}}, joined.sign_in_token};
      });
}

awaitable<Result<std::vector<gateway::CourseLinkView>>> EngineJoin::course_links(base::AccountId account) {
  using Views = std::vector<gateway::CourseLinkView>;
  return control::read<Views>(engine_, console_actor(account), [account](const State& state, base::WallTime) -> Result<Views> {
    Views out;
    const auto* row = state.find<domain::Account>(account);
    for (const auto& [code, link] : state.course_links)
      if (row && link->course == row->course) out.push_back({code, link->title, link->image, link->type});
    return out;
  });
}

awaitable<Result<gateway::GoView>> EngineJoin::look_at_link(base::AccountId account, std::string code) {
  return control::read<gateway::GoView>(engine_, console_actor(account), [this, account, code = std::move(code)](const State& state, base::WallTime now) -> Result<gateway::GoView> {
    TRY_ASSIGN(const auto* link, control::visible_link(state, account, code));
    auto out = view(state, account, *link, now);
    if (const auto* waits = control::place_for(state, account, *link))
      for (const auto& place : board_.of(state, now, account))
        if (place.id == waits->id) out.place = to_view(place);
    return out;
  });
}

awaitable<Result<gateway::Begun>> EngineJoin::open_link(base::AccountId account, std::string code, std::string request_id) {
  return control::run<gateway::Begun>(engine_, console_actor(account, std::move(request_id)),
                                      [code = std::move(code)](control::Tx& tx) -> Result<gateway::Begun> {
                                        TRY_ASSIGN(auto begun, control::open_link(tx, code));
                                        return gateway::Begun{begun.instance, std::move(begun.place)};
                                      });
}

awaitable<Result<std::string>> EngineJoin::own_link(base::AccountId account, std::string request_id) {
  return control::run<std::string>(engine_, console_actor(account, std::move(request_id)),
                                   [account](control::Tx& tx) { return control::new_sign_in_token(tx, account); });
}

}  // namespace stipend::app
