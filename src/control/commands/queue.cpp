#include "control/commands/queue.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/digest.hpp"
#include "control/acting_tx.hpp"
#include "control/commands/common.hpp"

namespace stipend::control {
namespace {

using base::Fault;
using base::Status;
using domain::QueuePlace;
using nlohmann::json;

constexpr const char* kQueue = "queue";
constexpr const char* kNoRoomCode = "InsufficientInstanceCapacity";
constexpr std::size_t kServedKept = 16;   // turns remembered, for estimates
constexpr int kTurnsAStep = 32;           // machines begun in one step; the rest in the next second
constexpr std::size_t kRetriesAStep = 16; // refused places looked at again in one step

std::string place_id(const base::InstanceId& id) { return "q-" + id.str().substr(2); }
std::string place_id(const base::AccountId& account, const std::string& token) {
  return "q-" + base::sha256_hex(account.str() + "/" + token).substr(0, 17);
}

json counters(const domain::State& state) {
  const auto* setting = state.find<domain::Setting>(kQueue);
  return setting ? json::parse(setting->value) : json{{"turns", 0}, {"served", json::array()}};
}

void count_turn(Tx& tx) {
  auto value = counters(tx.state());
  value["turns"] = value["turns"].get<std::int64_t>() + 1;
  auto& served = value["served"];
  served.push_back(tx.now().ms);
  while (served.size() > kServedKept) served.erase(served.begin());
  tx.save(domain::Setting{kQueue, value.dump()});
}

Actor person(const domain::Account& account, const Actor& asking) {
  return {.who = account.id.str(), .via = "queue", .request_id = asking.request_id, .account = account.id, .role = account.role};
}

LaunchRequest launch_of(const QueuePlace& place) { return page_launch({place.image, place.type, place.name, place.key_name, place.token}); }

// The start or launch of the place, in its person's name.
Status begin(Tx& tx, const QueuePlace& place, RoomRule room, bool only_check) {
  const auto* account = tx.state().find<domain::Account>(place.account);
  if (!account) return base::fail(Fault::kNotFound, "NoSuchAccount", "the account is gone");
  ActingTx acting(tx, person(*account, tx.actor()));
  if (!place.instance.empty()) {
    TRY(start(acting, {place.instance}, only_check, room));
    return {};
  }
  auto request = launch_of(place);
  request.room = room;
  request.dry_run = only_check;
  TRY(launch(acting, request));
  return {};
}

// Whether all but room is in order: DryRunOperation is AWS's word for yes.
Status all_but_room(Tx& tx, const QueuePlace& place) {
  auto status = tx.attempt([&] { return begin(tx, place, RoomRule::kIgnore, true); });
  if (!status && status.error().code == "DryRunOperation") return {};
  return status;
}

// Whether it fits once nothing else runs; a course's share is nobody else's even then.
Status could_fit(const Tx& tx, const QueuePlace& place) {
  const auto& state = tx.state();
  auto room = room_now(state, tx.now());
  const auto wish = wish_of(state, place, tx.now());
  if (!room || !wish) return {};
  room->used = room->held = {};
  room->used_by.clear();
  room->kept.clear();
  for (const auto& [id, course] : state.courses)
    if (course->share_percent > 0) room->kept[id] = domain::share_of(room->host, course->share_percent);
  if (const auto missing = domain::lack(*room, *wish)) return no_room(place.type, *missing);
  return {};
}

base::Result<Begun> wait_for_room(Tx& tx, QueuePlace place) {
  TRY(all_but_room(tx, place));
  TRY(could_fit(tx, place));
  const auto own = std::ranges::count_if(tx.state().queue, [&](const auto& row) { return row.second->account == place.account; });
  if (static_cast<std::size_t>(own) >= kPlacesOfAccount)
    return base::fail(Fault::kConflict, "TooManyPlaces",
                      fmt::format("{} of your machines wait for room already; that is the most. Cancel one first.", own));
  if (tx.state().queue.size() >= kPlacesInAll)
    return base::fail(Fault::kNoRoom, kNoRoomCode, "There is no room, and the line is full. Try again later; it costs nothing.");
  place.since = tx.now();
  Begun begun{{}, place.id};
  tx.audit("wait", place.instance.empty() ? place.id : place.instance.str(), place.type);
  tx.save(std::move(place));
  return begun;
}

// Why a place cannot be started any more, a code; empty: it may wait.
std::string ended(const Tx& tx, const QueuePlace& place) {
  const auto& state = tx.state();
  const auto* account = state.find<domain::Account>(place.account);
  if (!account || account->status == domain::AccountStatus::kSuspended) return "account";
  if (place.since.ms_until(tx.now()) >= kPlaceLapsesS * 1000) return "lapsed";
  if (place.instance.empty()) return {};
  const auto* instance = state.find<domain::Instance>(place.instance);
  if (!instance || instance->terminate_wanted || instance->state == domain::InstanceState::kTerminated) return "terminated";
  return instance->run && instance->state != domain::InstanceState::kStopping ? "started" : "";
}

void drop(Tx& tx, const QueuePlace& place, const std::string& why) {
  tx.audit("leave-queue", place.instance.empty() ? place.id : place.instance.str(), why);
  tx.erase<QueuePlace>(place.id);
}

void set_refused(Tx& tx, const domain::RowPtr<QueuePlace>& row, const std::string& code) {
  if (row->refused == code) return;
  QueuePlace place = *row;
  place.refused = code;
  tx.save(std::move(place));
}

// What was refused for want of money gets back into the line, at its old age, once there is some.
void look_at_refused(Tx& tx) {
  std::vector<domain::RowPtr<QueuePlace>> refused;
  for (const auto& [id, place] : tx.state().queue)
    if (!place->refused.empty()) refused.push_back(place);
  if (refused.empty()) return;
  const auto first = static_cast<std::size_t>(tx.now().ms / 1000) * kRetriesAStep % refused.size();
  for (std::size_t i = 0; i < std::min(kRetriesAStep, refused.size()); ++i) {
    const auto& place = refused[(first + i) % refused.size()];
    const auto status = all_but_room(tx, *place);
    set_refused(tx, place, status ? std::string() : status.error().code);
  }
}

void pass_over(Tx& tx, const std::string& id) {
  const auto* row = tx.state().find<QueuePlace>(id);
  if (!row || row->passed >= domain::kPassedMost) return;
  QueuePlace place = *row;
  ++place.passed;
  tx.save(std::move(place));
}

// The first whose turn it is and that lacks room which could come; empty: none.
bool waits_for_room(const domain::Room& room, const domain::Wish& wish) {
  const auto missing = domain::lack(room, wish);
  return missing && missing->figure != domain::Figure::kQueue && room.most_for(wish.course).holds(wish.space) && wish.vcpus <= room.host.cpus;
}

}  // namespace

LaunchRequest page_launch(const PageWish& wish) {
  LaunchRequest request;
  request.image = wish.image;
  request.type = wish.type;
  request.key_name = wish.key_name;
  request.client_token = wish.token;
  request.request_hash =
      base::sha256_hex(wish.image.str() + "\n" + wish.type + "\n" + wish.name + (wish.key_name.empty() ? "" : "\n" + wish.key_name));
  if (!wish.name.empty()) request.instance_tags["Name"] = wish.name;
  return request;
}

std::optional<domain::Wish> wish_of(const domain::State& state, const QueuePlace& place, base::WallTime now) {
  const auto* account = state.find<domain::Account>(place.account);
  if (!account) return {};
  std::string name = place.type;
  if (const auto* instance = place.instance.empty() ? nullptr : state.find<domain::Instance>(place.instance)) name = instance->type;
  const auto* type = domain::find_type(catalogue_of(state, account->id, now), name);
  if (!type) return {};
  std::int64_t gib = 0;
  if (place.instance.empty())
    if (const auto* image = state.find<domain::Image>(place.image)) gib = image->min_disk_gib;
  return wish_for(state, account->course, *type, 1, gib);
}

std::vector<base::WallTime> served_lately(const domain::State& state) {
  std::vector<base::WallTime> out;
  const auto value = counters(state);
  for (const auto& ms : value["served"]) out.push_back({ms.get<std::int64_t>()});
  return out;
}

Line line_now(const domain::State& state, base::WallTime now) {
  Line line;
  domain::Crowd crowd;
  std::map<base::CourseId, std::int64_t> shares;
  for (const auto& [id, course] : state.courses) shares[id] = course->share_percent;
  crowd.weight = domain::weights_of(shares);
  if (const auto host = total_room(state)) crowd.host = host->space;
  for (const auto& id : state.with_run) {
    const auto& instance = *state.find<domain::Instance>(id);
    ++crowd.running[instance.account];
    crowd.used[state.find<domain::Account>(instance.account)->course] += {instance.run->cpu_milli, instance.run->memory_mib};
  }
  crowd.turns = counters(state)["turns"];
  for (const auto& [id, place] : state.queue) {
    const auto wish = wish_of(state, *place, now);
    if (!wish) continue;
    line.places.push_back(place);
    line.waiting.push_back({id, place->account, wish->course, wish->space, place->since, place->passed, !place->refused.empty()});
  }
  line.order = domain::turn_order(line.waiting, crowd);
  return line;
}

base::Result<Begun> start_or_wait(Tx& tx, const base::InstanceId& id) {
  const auto started = tx.attempt([&]() -> Status {
    TRY(start(tx, {id}, false));
    return {};
  });
  if (started) return Begun{id, {}};
  if (started.error().code != kNoRoomCode) return std::unexpected(started.error());
  const auto* instance = tx.state().find<domain::Instance>(id);
  if (const auto* waits = tx.state().find<QueuePlace>(place_id(id))) return Begun{{}, waits->id};
  QueuePlace place;
  place.id = place_id(id);
  place.account = instance->account;
  place.instance = id;
  place.type = instance->type;
  if (const auto name = instance->tags.find("Name"); name != instance->tags.end()) place.name = name->second;
  return wait_for_room(tx, std::move(place));
}

base::Result<Begun> launch_or_wait(Tx& tx, const LaunchRequest& request) {
  TRY_ASSIGN(const auto* account, own_account(tx));
  const auto& token = request.client_token;
  QueuePlace place;
  place.id = place_id(account->id, token.empty() ? base::random_hex(tx.random(), 32) : token);
  if (const auto* waits = tx.state().find<QueuePlace>(place.id)) {
    if (launch_of(*waits).request_hash != request.request_hash)
      return base::fail(Fault::kConflict, "IdempotentParameterMismatch", "This launch waits for room with other choices. Cancel it first.");
    return Begun{{}, waits->id};
  }
  std::optional<base::InstanceId> made;
  const auto launched = tx.attempt([&]() -> Status {
    TRY_ASSIGN(const auto launch_made, launch(tx, request));
    if (!launch_made.instances.empty()) made = launch_made.instances.front()->id;
    return {};
  });
  if (launched) return Begun{made, {}};
  if (launched.error().code != kNoRoomCode) return std::unexpected(launched.error());
  place.account = account->id;
  place.image = request.image;
  place.type = request.type;
  if (const auto name = request.instance_tags.find("Name"); name != request.instance_tags.end()) place.name = name->second;
  place.token = token;
  place.key_name = request.key_name;
  return wait_for_room(tx, std::move(place));
}

Status leave_queue(Tx& tx, const std::string& id) {
  const auto* place = tx.state().find<QueuePlace>(id);
  if (!place || !may_act_for(tx.state(), tx.actor(), place->account))
    return base::fail(Fault::kNotFound, "NotInLine", "This machine does not wait for room any more.");
  drop(tx, QueuePlace(*place), "cancelled");
  return {};
}

void drop_place_of(Tx& tx, const base::InstanceId& id) {
  if (tx.state().queue.empty()) return;
  const auto key = place_id(id);
  if (tx.state().find<QueuePlace>(key)) tx.erase<QueuePlace>(key);
}

void note_passed_over(Tx& tx) {
  if (tx.state().queue.empty()) return;
  const auto room = room_now(tx.state(), tx.now());
  if (!room) return;
  const auto line = line_now(tx.state(), tx.now());
  for (const auto i : line.order) {
    if (line.waiting[i].refused) return;
    const auto wish = wish_of(tx.state(), *line.places[i], tx.now());
    if (waits_for_room(*room, *wish)) return pass_over(tx, line.waiting[i].id);
  }
}

void serve_queue(Tx& tx) {
  if (tx.state().queue.empty() || !tx.may_begin()) return;
  std::vector<std::pair<domain::RowPtr<QueuePlace>, std::string>> over;
  for (const auto& [id, place] : tx.state().queue)
    if (auto why = ended(tx, *place); !why.empty()) over.emplace_back(place, std::move(why));
  for (const auto& [place, why] : over) drop(tx, *place, why);
  look_at_refused(tx);

  auto room = room_now(tx.state(), tx.now());
  if (!room) return;
  const auto line = line_now(tx.state(), tx.now());
  std::string lacking;  // the first that did not fit
  for (int turns = 0; const auto i : line.order) {
    if (turns == kTurnsAStep) return;
    const auto& place = line.places[i];
    if (line.waiting[i].refused) return;  // they come last
    const auto wish = wish_of(tx.state(), *place, tx.now());
    auto seen = *room;
    if (place->passed >= domain::kPassedMost && lacking.empty()) seen.held = {};  // held for this one
    if (domain::lack(seen, *wish)) {
      if (lacking.empty() && waits_for_room(seen, *wish)) lacking = place->id;
      continue;
    }
    const auto begun = tx.attempt([&] { return begin(tx, *place, RoomRule::kTurn, false); });
    if (!begun) {
      set_refused(tx, place, begun.error().code);
      continue;
    }
    if (tx.state().find<QueuePlace>(place->id)) tx.erase<QueuePlace>(place->id);
    count_turn(tx);
    ++turns;
    if (!lacking.empty()) pass_over(tx, lacking);
    room = room_now(tx.state(), tx.now());
  }
}

}  // namespace stipend::control
