// A stopped machine with a home gets a new root disk over another image, or over its own again. Engine's strand only.
#pragma once

#include "control/commands/common.hpp"

namespace stipend::control {

// The newest image with the name of the one that the machine's root lies over; its own when there is none newer.
const domain::Image& newest_image(const domain::State& state, const domain::Instance& instance);

// `image` empty: the newest. In one step the old root's cost ends and the new one's reserve is set aside
// (InsufficientCredit); the old one can be brought back for some days. Refused for a machine whose home lies on its root
// disk: its files would go with it.
base::Status renew_root(Tx& tx, const base::InstanceId& id, const base::ImageId& image);

}  // namespace stipend::control
