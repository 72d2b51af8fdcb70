#include "control/queue_board.hpp"

#include <fmt/format.h>

#include "control/commands/queue.hpp"
#include "domain/figures.hpp"

namespace stipend::control {
namespace {

constexpr std::int64_t kFreeingEveryS = 10;
constexpr std::size_t kAccountsLookedAt = 200;  // whose credit's end is looked for; with more, nobody could tell anyway

// Room that is known to come free: of accounts whose credit ends, and what class hours keep.
std::vector<domain::Freeing> freeing_now(const domain::State& state, base::WallTime now) {
  std::map<base::AccountId, domain::Space> running;
  for (const auto& id : state.with_run) {
    const auto& instance = *state.find<domain::Instance>(id);
    running[instance.account] += {instance.run->cpu_milli, instance.run->memory_mib};
  }
  std::vector<domain::Freeing> out;
  if (running.size() <= kAccountsLookedAt)
    for (const auto& [account, space] : running)
      if (const auto end = domain::figures(state, account, now).lasts_until) out.push_back({*end, space});
  const auto room = room_now(state, now);
  for (const auto& [id, course] : state.courses)
    for (const auto& hours : course->class_hours)
      if (room && domain::keeps_now(hours, now)) out.push_back({hours.to, room->own_left(id)});
  return out;
}

std::string refused_words(const std::string& code) {
  if (code == "InsufficientCredit") return "Your turn came, but your credit is not enough. It starts once you have more.";
  return fmt::format("Your turn came, but it could not start ({}). It is tried again.", code);
}

std::string wait_words(const domain::Estimate& estimate) {
  switch (estimate.kind) {
    case domain::Estimate::Kind::kUnknown: return "When there will be room is not known yet.";
    case domain::Estimate::Kind::kBy: return "";
    case domain::Estimate::Kind::kAbout: break;
  }
  auto words = domain::to_words(estimate);
  words.front() = 'A';
  return words + ".";
}

}  // namespace

const std::vector<PlaceView>& QueueBoard::all(const domain::State& state, base::WallTime now) {
  const auto second = now.ms / 1000;
  if (second_ != second || made_of_ != state.queue) {
    if (freeing_second_ < 0 || second - freeing_second_ >= kFreeingEveryS || second < freeing_second_) {
      freeing_ = state.queue.empty() ? std::vector<domain::Freeing>{} : freeing_now(state, now);
      freeing_second_ = state.queue.empty() ? -1 : second;
    }
    make(state, now);
    second_ = second;
    made_of_ = state.queue;
  }
  return board_;
}

void QueueBoard::make(const domain::State& state, base::WallTime now) {
  board_.clear();
  if (state.queue.empty()) return;
  const auto line = line_now(state, now);
  const auto room = room_now(state, now);
  const auto served = served_lately(state);
  domain::Space ahead;
  for (const auto i : line.order) {
    const auto& row = *line.places[i];
    const auto& waiting = line.waiting[i];
    PlaceView view;
    view.id = row.id;
    view.account = row.account;
    view.instance = row.instance;
    view.type = row.type;
    view.name = row.name;
    view.since = row.since;
    if (const auto* image = row.image.empty() ? nullptr : state.find<domain::Image>(row.image)) view.image = image->name;
    view.position = board_.size() + 1;
    view.of = line.order.size();
    view.refused = row.refused;
    const auto free = room ? domain::at_least_none(room->free_for(waiting.course)) : domain::Space{};
    if (row.refused.empty()) view.estimate = domain::estimate(board_.size(), free, ahead, waiting.space, freeing_, served, now);
    ahead += waiting.space;
    view.line = !row.refused.empty()      ? refused_words(row.refused)
                : view.position == 1 ? "You are next in line."
                                     : fmt::format("You are {} in line.", domain::ordinal(view.position));
    if (row.refused.empty()) view.wait = wait_words(view.estimate);
    board_.push_back(std::move(view));
  }
}

std::vector<PlaceView> QueueBoard::of(const domain::State& state, base::WallTime now, const base::AccountId& account) {
  std::vector<PlaceView> own;
  if (state.queue.empty()) return own;
  for (const auto& view : all(state, now))
    if (view.account == account) own.push_back(view);
  return own;
}

}  // namespace stipend::control
