#include "app/place_view.hpp"

namespace stipend::app {

gateway::PlaceView to_view(const control::PlaceView& place) {
  gateway::PlaceView out;
  out.id = place.id;
  out.instance = place.instance;
  out.image = place.image;
  out.type = place.type;
  out.name = place.name;
  out.since = place.since;
  out.position = static_cast<std::int64_t>(place.position);
  out.of = static_cast<std::int64_t>(place.of);
  out.refused = place.refused;
  out.line = place.line;
  out.wait = place.wait;
  if (place.estimate.kind == domain::Estimate::Kind::kBy) out.by = place.estimate.at;
  return out;
}

}  // namespace stipend::app
