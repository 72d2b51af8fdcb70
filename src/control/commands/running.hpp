// Looks at every machine that has a run, in the order of their ids: fast for a hundred thousand of them, too.
#pragma once

#include "domain/state.hpp"

namespace stipend::control {

template <class Visit>
void each_running(const domain::State& state, Visit visit) {
  // Both are sorted: where most machines run, going through all of them is cheaper than looking each one up.
  const bool most = state.with_run.size() * 8 > state.instances.size();
  auto at = state.instances.begin();
  for (const auto& id : state.with_run) {
    if (!most) at = state.instances.find(id);
    while (at->first < id) ++at;
    visit(*at->second);
  }
}

}  // namespace stipend::control
