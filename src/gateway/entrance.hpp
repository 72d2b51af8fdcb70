// The way from the console into a machine's own origin: a link with a ticket, good once and for a minute.
#pragma once

#include <string>

#include "gateway/origins.hpp"
#include "gateway/ports.hpp"

namespace stipend::gateway {

// "https://i-….NAME/.stipend/enter?ticket=…"; `&next=PATH` may follow. `console_host` is the Host the console was asked by.
awaitable<base::Result<std::string>> entrance(Ports& ports, const Origins& origins, std::string session, std::string console_host,
                                              base::InstanceId instance);

}  // namespace stipend::gateway
