#include "host/lease.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <utility>

namespace stipend::host {
namespace {

class Stepper {
 public:
  Stepper(const LeaseRules& rules, LeaseState& state, std::int64_t now)
      : rules_(rules), s_(state), now_(now) {}

  void on(const InitRuns&) {
    if (s_.stage != Stage::kStarting) return;  // a reboot inside the guest goes on in the same run
    s_.stage = Stage::kRunning;
    s_.started_ms = now_;
    tell();
  }

  void on(const Renewed& event) {
    if (event.lease.seq <= s_.lease.seq) return;
    s_.lease = event.lease;
    tell();
    if (s_.stage == Stage::kHook && !s_.by_wish && now_ < hook_at()) {
      actions_.push_back(CancelHook{});
      s_.stage = Stage::kRunning;
      s_.cause = Cause::kNone;
      s_.ours = false;
      actions_.push_back(RecordCause{Cause::kNone});
    } else if (s_.stage == Stage::kHook) {
      s_.hook_until_ms = std::min(s_.hook_until_ms, halt_at());
    } else if (s_.stage == Stage::kHalt) {
      s_.kill_at_ms = std::min(s_.kill_at_ms, end_ms(s_));
    }
  }

  void on(const StopWished& event) {
    if (s_.stage == Stage::kKilled || s_.stage == Stage::kEnded) return;
    if (s_.stage == Stage::kHalt) {
      if (event.force) kill();
      return;
    }
    const bool first = !s_.by_wish;
    s_.by_wish = true;
    if (first && s_.stage != Stage::kStarting) s_.charged_to_ms = now_;
    begin_end(event.cause);
    if (s_.stage == Stage::kStarting || event.force) return kill();
    if (s_.stage == Stage::kRunning) begin_hook(std::min(now_ + rules_.hook_ms, halt_at()));
  }

  void on(const HookEnded&) {
    if (s_.stage == Stage::kHook && s_.by_wish) begin_halt();
  }

  void on(const MachineEnded& event) {
    if (s_.stage == Stage::kEnded) return;
    if (!s_.ours) s_.cause = event.how;
    if (s_.stage != Stage::kStarting) s_.ended_ms = now_;
    s_.stage = Stage::kEnded;
    tell();
  }

  void on(const Tick&) {}

  // What time alone brings, after every event.
  void advance() {
    if (s_.stage == Stage::kRunning || (s_.stage == Stage::kHook && !s_.by_wish)) {
      if (now_ >= end_ms(s_)) {
        begin_end(Cause::kCredit);
        kill();
      } else if (now_ >= halt_at()) {
        begin_end(Cause::kCredit);
        begin_halt();
      } else if (s_.stage == Stage::kRunning && now_ >= hook_at()) {
        warn_once();
        begin_end(Cause::kCredit);
        begin_hook(halt_at());
      } else if (s_.stage == Stage::kRunning && now_ >= end_ms(s_) - rules_.warn_ms) {
        warn_once();
      }
    } else if (s_.stage == Stage::kHook && now_ >= s_.hook_until_ms) {
      begin_halt();
    }
    if (s_.stage == Stage::kHalt && now_ >= s_.kill_at_ms) kill();
  }

  std::vector<LeaseAction> take() { return std::move(actions_); }

 private:
  std::int64_t halt_at() const { return end_ms(s_) - rules_.halt_ms; }
  std::int64_t hook_at() const { return halt_at() - rules_.hook_ms; }

  void tell() { actions_.push_back(Tell{}); }

  void warn_once() {
    if (s_.warned_end_ms && std::abs(*s_.warned_end_ms - end_ms(s_)) < rules_.same_end_ms) return;
    s_.warned_end_ms = end_ms(s_);
    actions_.push_back(Warn{std::max<std::int64_t>(0, (end_ms(s_) - now_) / 1000), Cause::kCredit});
  }

  // The first cause stands.
  void begin_end(Cause cause) {
    if (s_.ours) return;
    s_.ours = true;
    s_.cause = cause;
    actions_.push_back(RecordCause{cause});
  }

  void begin_hook(std::int64_t until) {
    s_.hook_until_ms = until;
    s_.stage = Stage::kHook;
    tell();
    if (until > now_) actions_.push_back(RunHook{s_.cause});
  }

  void begin_halt() {
    if (s_.stage == Stage::kHook) actions_.push_back(CancelHook{});
    s_.stage = Stage::kHalt;
    s_.kill_at_ms = std::min(now_ + rules_.halt_ms, std::max(end_ms(s_), now_));
    tell();
    actions_.push_back(Halt{});
  }

  void kill() {
    if (s_.stage == Stage::kHook) actions_.push_back(CancelHook{});
    s_.stage = Stage::kKilled;
    tell();
    actions_.push_back(Kill{});
  }

  const LeaseRules& rules_;
  LeaseState& s_;
  std::int64_t now_;
  std::vector<LeaseAction> actions_;
};

}  // namespace

std::string_view to_word(Stage stage) {
  static constexpr std::array<std::string_view, 6> kWords = {"starting", "running", "hook",
                                                             "halt",     "killed",  "ended"};
  return kWords.at(std::to_underlying(stage));
}

std::int64_t end_ms(const LeaseState& state) {
  return state.started_ms + state.lease.run_max.count * 1000;
}

base::RunSeconds ran(const LeaseState& state, std::int64_t now_ms) {
  if (state.stage == Stage::kStarting || state.started_ms == 0) return {0};
  std::int64_t until = now_ms;
  if (state.ended_ms) until = std::min(until, *state.ended_ms);
  if (state.charged_to_ms) until = std::min(until, *state.charged_to_ms);
  return {std::clamp<std::int64_t>((until - state.started_ms) / 1000, 0, state.lease.run_max.count)};
}

std::vector<LeaseAction> step(const LeaseRules& rules, LeaseState& state, const LeaseEvent& event,
                              std::int64_t now_ms) {
  Stepper stepper(rules, state, now_ms);
  std::visit([&](const auto& e) { stepper.on(e); }, event);
  stepper.advance();
  return stepper.take();
}

std::optional<std::int64_t> wake_at(const LeaseRules& rules, const LeaseState& state) {
  const std::int64_t end = end_ms(state);
  switch (state.stage) {
    case Stage::kStarting:
    case Stage::kKilled:
    case Stage::kEnded: return std::nullopt;
    case Stage::kHalt: return state.kill_at_ms;
    case Stage::kHook: return state.by_wish ? state.hook_until_ms : end - rules.halt_ms;
    case Stage::kRunning: break;
  }
  const std::int64_t hook = end - rules.halt_ms - rules.hook_ms;
  const bool warned = state.warned_end_ms && std::abs(*state.warned_end_ms - end) < rules.same_end_ms;
  return warned ? hook : std::min(hook, end - rules.warn_ms);
}

}  // namespace stipend::host
