#include "control/simulation/faults.hpp"

#include <fmt/format.h>

#include <array>
#include <utility>

namespace stipend::control {
namespace {

constexpr std::array<std::pair<Trouble, std::string_view>, 7> kNames{{{Trouble::kCrash, "crash"},
                                                                      {Trouble::kCommits, "commits"},
                                                                      {Trouble::kMail, "mail"},
                                                                      {Trouble::kProvider, "provider"},
                                                                      {Trouble::kClock, "clock"},
                                                                      {Trouble::kMachines, "machines"},
                                                                      {Trouble::kHost, "host"}}};

}  // namespace

void Faults::set(Trouble what, bool on) {
  const unsigned bit = 1u << static_cast<int>(what);
  bits_ = on ? bits_ | bit : bits_ & ~bit;
}

Faults Faults::all() {
  Faults out;
  for (const auto& [what, name] : kNames) out.set(what);
  return out;
}

Faults Faults::drawn(base::SeededRandom& random) {
  Faults out;
  for (const auto& [what, name] : kNames) out.set(what, random.below(2) == 0);
  return out;
}

std::vector<Trouble> Faults::list() const {
  std::vector<Trouble> out;
  for (const auto& [what, name] : kNames)
    if (has(what)) out.push_back(what);
  return out;
}

std::string_view name_of(Trouble what) {
  for (const auto& [known, name] : kNames)
    if (known == what) return name;
  return "";
}

base::Result<Faults> parse_faults(std::string_view text) {
  if (text == "all") return Faults::all();
  Faults out;
  if (text == "none") return out;
  while (!text.empty()) {
    const auto word = text.substr(0, text.find(','));
    text.remove_prefix(std::min(text.size(), word.size() + 1));
    bool known = false;
    for (const auto& [what, name] : kNames) {
      if (name != word) continue;
      out.set(what);
      known = true;
    }
    if (!known) {
      std::string names;
      for (const auto& [what, name] : kNames) names += fmt::format(", {}", name);
      return base::fail(base::Fault::kInvalid, "InvalidFault", fmt::format("there is no fault '{}'; there are all, none{}", word, names));
    }
  }
  return out;
}

std::string to_text(const Faults& faults) {
  std::string out;
  for (const auto what : faults.list()) out += (out.empty() ? "" : ",") + std::string(name_of(what));
  return out.empty() ? "none" : out;
}

}  // namespace stipend::control
