// The Provider of this computer: carries wishes to stipend-host and its reports back. One thread of its own
// owns the connection; calls put a message in a bounded queue and return. While stipend-host is away the
// queue waits (a start that becomes late is refused by the host), machines go on under their supervisors, and
// the connection is tried again with back-off for ever. After each connection the host reports all it knows.
#pragma once

#include <memory>
#include <string>

#include "compute/provider.hpp"

namespace stipend::compute {

struct LxcOptions {
  std::string socket;  // hostlink::host_socket(state)
  std::size_t queue_max =
      20'000;  // messages; beyond it wishes are dropped and the reconciler says them again
  std::int64_t silence_ms = 20'000;  // the host says something every 5 s; after this it is called again
};

// Sinks are called on the provider's thread. The destructor ends the thread; what is not answered by then is
// answered with kUnavailable.
// It is also a DiskFiles.
std::unique_ptr<Provider> make_lxc_provider(LxcOptions options);

}  // namespace stipend::compute
