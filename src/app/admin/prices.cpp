// Price lists: those of AWS, a course's own, and from when on a course sells at which.
#include "app/admin/admin.hpp"
#include "app/price_list_json.hpp"
#include "control/await.hpp"
#include "control/commands/people.hpp"
#include "control/commands/prices.hpp"
#include "domain/catalogue_data.hpp"

namespace stipend::app {
namespace {

using boost::asio::awaitable;
using domain::State;

Json head_json(const State& state, const domain::Catalogue& catalogue) {
  const auto* course = state.find<domain::Course>(catalogue.course);
  return {{"edition", catalogue.edition},
          {"course", course ? Json(course->name) : Json(nullptr)},
          {"types", catalogue.types.size()},
          {"gp2_gib_month", base::to_decimal(catalogue.gp2_gib_month)},
          {"snapshot_gib_month", base::to_decimal(catalogue.snapshot_gib_month)},
          {"address_hour", base::to_decimal({catalogue.address.nano_per_hour})},
          {"created", course ? Json(base::to_iso8601(catalogue.created)) : Json(nullptr)},
          {"source", catalogue.source}};
}

// The editions that hold one after the other.
Json steps_json(const domain::Course& course, base::WallTime now) {
  Json steps = Json::array();
  const auto add = [&](const std::string& edition, base::WallTime from) {
    if (from <= now && !steps.empty()) steps.back()["state"] = "over";
    steps.push_back({{"edition", edition}, {"from", base::to_iso8601(from)}, {"state", from <= now ? "holds" : "planned"}});
  };
  add(course.catalogue, course.created);
  for (const auto& step : course.prices) add(step.edition, step.from);
  return {{"course", course.name}, {"edition", domain::edition_at(course, now)}, {"steps", std::move(steps)}};
}

awaitable<JsonResult> list(AdminContext& context, control::Actor actor, Json arguments) {
  const auto asker = actor;
  const auto name = text_or(arguments, "course", "");
  co_return co_await control::read<Json>(context.engine(), std::move(actor), [asker, name](const State& state, base::WallTime now) -> JsonResult {
    const domain::Course* course = nullptr;
    if (!name.empty()) {
      TRY_ASSIGN(course, control::managed_course(state, asker, name));
    }
    Json editions = Json::array();
    for (const auto& catalogue : domain::catalogues()) editions.push_back(head_json(state, catalogue));
    for (const auto& [edition, catalogue] : state.catalogues)
      if (!course || catalogue->course == course->id) editions.push_back(head_json(state, *catalogue));
    Json out{{"editions", std::move(editions)}};
    if (course) out.update(steps_json(*course, now));
    return out;
  });
}

awaitable<JsonResult> show(AdminContext& context, control::Actor actor, Json arguments) {
  const auto edition = text(arguments, "edition");
  if (!edition) co_return std::unexpected(edition.error());
  co_return co_await control::read<Json>(context.engine(), std::move(actor), [edition = *edition](const State& state, base::WallTime) -> JsonResult {
    const auto* found = domain::find_catalogue(state, edition);
    if (!found)
      return base::fail(base::Fault::kNotFound, "NoSuchCatalogue", "there is no price list '" + edition.substr(0, 40) + "': `stipend catalogue list` names them");
    return to_json(*found);
  });
}

awaitable<JsonResult> add(AdminContext& context, control::Actor actor, Json arguments) {
  const auto course = text(arguments, "course");
  if (!course) co_return std::unexpected(course.error());
  const auto given = arguments.find("list");
  if (given == arguments.end()) co_return base::fail(base::Fault::kInvalid, "MissingArgument", "the argument 'list', the price list, is missing");
  co_return co_await control::run<Json>(context.engine(), std::move(actor), [name = *course, list = *given](control::Tx& tx) -> JsonResult {
    TRY_ASSIGN(const auto* course, control::managed_course(tx.state(), tx.actor(), name));
    TRY_ASSIGN(auto read, price_list_of(list, domain::catalogue_at(tx.state(), *course, tx.now())));
    TRY_ASSIGN(const auto added, control::add_price_list(tx, name, std::move(read)));
    return head_json(tx.state(), *added);
  });
}

awaitable<JsonResult> use(AdminContext& context, control::Actor actor, Json arguments) {
  const auto course = text(arguments, "course"), edition = text(arguments, "edition"), when = text(arguments, "from");
  if (!course) co_return std::unexpected(course.error());
  if (!edition) co_return std::unexpected(edition.error());
  base::Result<base::WallTime> from = base::WallTime{0};  // at once
  if (when) from = base::parse_iso8601(*when);
  if (!from) co_return std::unexpected(from.error());
  co_return co_await control::run<Json>(context.engine(), std::move(actor), [course = *course, edition = *edition, from = *from](control::Tx& tx) -> JsonResult {
    TRY_ASSIGN(const auto changed, control::use_price_list(tx, course, edition, from));
    return steps_json(*changed, tx.now().plus_ms(1));
  });
}

awaitable<JsonResult> cancel(AdminContext& context, control::Actor actor, Json arguments) {
  const auto course = text(arguments, "course"), edition = text(arguments, "edition");
  if (!course) co_return std::unexpected(course.error());
  if (!edition) co_return std::unexpected(edition.error());
  co_return co_await control::run<Json>(context.engine(), std::move(actor), [course = *course, edition = *edition](control::Tx& tx) -> JsonResult {
    TRY_ASSIGN(const auto changed, control::cancel_price_list(tx, course, edition));
    return steps_json(*changed, tx.now());
  });
}

constexpr AdminCommand kCommands[] = {
    {"catalogue.list", list}, {"catalogue.show", show}, {"catalogue.add", add}, {"catalogue.use", use}, {"catalogue.cancel", cancel}};

}  // namespace

std::span<const AdminCommand> price_commands() { return kCommands; }

}  // namespace stipend::app
