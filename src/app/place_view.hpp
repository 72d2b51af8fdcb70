// A place in the queue as the gateway knows it.
#pragma once

#include "control/queue_board.hpp"
#include "gateway/queue_ports.hpp"

namespace stipend::app {

gateway::PlaceView to_view(const control::PlaceView& place);

}  // namespace stipend::app
