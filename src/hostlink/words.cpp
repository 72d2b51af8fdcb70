#include <array>
#include <utility>

#include "hostlink/codec.hpp"

namespace stipend::hostlink {
namespace {

constexpr std::array<std::string_view, 10> kCauses = {"none",     "person", "teacher", "credit",      "idle",
                                                     "schedule", "fault",  "guest",   "start-failed", "host-disk"};
constexpr std::array<std::string_view, 5> kPhases = {"absent", "starting", "running", "stopping", "ended"};

template <class Enum, std::size_t N>
base::Result<Enum> find(const std::array<std::string_view, N>& words, std::string_view word) {
  for (std::size_t i = 0; i < N; ++i)
    if (words[i] == word) return static_cast<Enum>(i);
  return base::fail(base::Fault::kInvalid, "InvalidMessage", "not a known word");
}

}  // namespace

std::string_view to_word(Cause cause) {
  return kCauses.at(std::to_underlying(cause));
}
std::string_view to_word(Phase phase) {
  return kPhases.at(std::to_underlying(phase));
}
base::Result<Cause> cause_of(std::string_view word) {
  return find<Cause>(kCauses, word);
}
base::Result<Phase> phase_of(std::string_view word) {
  return find<Phase>(kPhases, word);
}

}  // namespace stipend::hostlink
