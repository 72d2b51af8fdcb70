#include "host/lease_json.hpp"

#include <array>
#include <optional>

#include "hostlink/codec.hpp"
#include "hostlink/fields.hpp"

namespace stipend::host {
namespace {

constexpr std::array kStages = {Stage::kStarting, Stage::kRunning, Stage::kHook,
                                Stage::kHalt,     Stage::kKilled,  Stage::kEnded};

std::optional<std::int64_t> when(hostlink::Fields& f, const nlohmann::json& j, const char* name) {
  if (!j.contains(name)) return std::nullopt;
  return f.integer(name, INT64_MIN / 2, INT64_MAX / 2);
}

}  // namespace

nlohmann::json to_json(const LeaseState& s) {
  nlohmann::json j = {{"stage", to_word(s.stage)},
                      {"seq", s.lease.seq},
                      {"run_max_s", s.lease.run_max.count},
                      {"started_ms", s.started_ms},
                      {"hook_until_ms", s.hook_until_ms},
                      {"kill_at_ms", s.kill_at_ms},
                      {"by_wish", s.by_wish},
                      {"ours", s.ours},
                      {"cause", hostlink::to_word(s.cause)}};
  if (s.charged_to_ms) j["charged_to_ms"] = *s.charged_to_ms;
  if (s.ended_ms) j["ended_ms"] = *s.ended_ms;
  if (s.warned_end_ms) j["warned_end_ms"] = *s.warned_end_ms;
  return j;
}

base::Result<LeaseState> lease_state_of(const nlohmann::json& j) {
  if (!j.is_object())
    return base::fail(base::Fault::kInvalid, "InvalidMessage", "the lease is not an object");
  hostlink::Fields f(j);
  LeaseState s;
  const std::string stage = f.text("stage", 16);
  bool known = false;
  for (const auto candidate : kStages)
    if (to_word(candidate) == stage) {
      s.stage = candidate;
      known = true;
    }
  if (!known) f.wrong("stage", "is not a known word");
  s.lease.seq = f.integer("seq", 0, INT64_MAX);
  s.lease.run_max.count = f.integer("run_max_s", 0, hostlink::kMaxRunSeconds);
  s.started_ms = f.integer("started_ms", 0, INT64_MAX / 2);
  s.hook_until_ms = f.integer("hook_until_ms", INT64_MIN / 2, INT64_MAX / 2);
  s.kill_at_ms = f.integer("kill_at_ms", INT64_MIN / 2, INT64_MAX / 2);
  s.by_wish = f.boolean("by_wish");
  s.ours = f.boolean("ours");
  f.take("cause", hostlink::cause_of(f.text("cause", 16)), s.cause);
  s.charged_to_ms = when(f, j, "charged_to_ms");
  s.ended_ms = when(f, j, "ended_ms");
  s.warned_end_ms = when(f, j, "warned_end_ms");
  TRY(f.fault());
  return s;
}

}  // namespace stipend::host
