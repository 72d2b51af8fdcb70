// The queue for room: what the page makes of a start that finds none. A place costs nothing; when its turn comes
// (domain/queue.hpp) the engine starts it by itself, with money and room decided then, in the step that freed the
// room. One place for a machine, one for a launch's idempotency key. On the engine's strand only.
#pragma once

#include "control/commands/instances.hpp"
#include "domain/queue.hpp"

namespace stipend::control {

inline constexpr std::size_t kPlacesOfAccount = 4;
inline constexpr std::size_t kPlacesInAll = 20'000;
inline constexpr std::int64_t kPlaceLapsesS = 8 * 3600;  // a machine must not start while its person has long gone home

// A launch as the page asks for it, at once or out of the queue: the same wish is the same request.
struct PageWish {
  base::ImageId image;
  std::string type, name, key_name, token;
};
LaunchRequest page_launch(const PageWish& wish);

// What became of it: a machine that starts, or a place.
struct Begun {
  std::optional<base::InstanceId> instance;
  std::string place;
};
// All is checked, money too; only when room alone is missing, and could come, there is a place.
base::Result<Begun> start_or_wait(Tx& tx, const base::InstanceId& id);
base::Result<Begun> launch_or_wait(Tx& tx, const LaunchRequest& request);
// Own places, staff those of their course, the operator any. NotInLine.
base::Status leave_queue(Tx& tx, const std::string& id);

// Starts whatever may start now, drops places that cannot any more. Called in every step that may have freed room, and
// every second; writes nothing when nothing changes.
void serve_queue(Tx& tx);
// A start outside the queue began: the place whose turn it is was passed over, if it does not fit.
void note_passed_over(Tx& tx);
// The machine's place, if it waits: started or terminated otherwise.
void drop_place_of(Tx& tx, const base::InstanceId& id);

// The places whose turn comes first and what they lack: shared by the queue's commands and its view.
struct Line {
  std::vector<domain::RowPtr<domain::QueuePlace>> places;
  std::vector<domain::Waiting> waiting;  // of each place
  std::vector<std::size_t> order;        // into both, next first
};
// `wish` of a place as its machine, course and catalogue are now; absent when that is no type any more.
std::optional<domain::Wish> wish_of(const domain::State& state, const domain::QueuePlace& place, base::WallTime now);
Line line_now(const domain::State& state, base::WallTime now);
// When the queue gave its last turns, oldest first.
std::vector<base::WallTime> served_lately(const domain::State& state);

}  // namespace stipend::control
