// The contract's types as hostlink messages and back. Pure.
#pragma once

#include "compute/provider.hpp"
#include "hostlink/messages.hpp"

namespace stipend::compute {

hostlink::RunKey to_link(const RunKey& key);
hostlink::Start to_link(const StartSpec& spec, std::int64_t now_mono_ms);
hostlink::Cause to_link(Cause cause);
Notice from_link(const hostlink::Notice& notice);
Report from_link(const hostlink::Report& report);

}  // namespace stipend::compute
