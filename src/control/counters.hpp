// What the engine and its helpers count, for /metrics: plain atomics, read from any thread at any time.
#pragma once

#include <atomic>
#include <cstdint>

namespace stipend::control {

struct Counters {
  using Count = std::atomic<std::uint64_t>;
  Count commands{0};         // plans that ran
  Count commands_failed{0};  // of which answered an error
  Count reads{0};
  Count throttled{0};  // refused by admission
  Count commits{0};    // batches committed
  Count commits_failed{0};
  Count rows{0};             // changes in committed batches
  Count commit_us{0};        // time inside Store::commit, in all
  Count reports{0};          // from providers
  Count reports_skipped{0};  // of which said nothing new
  Count wishes{0};           // calls to providers
  Count wishes_repeated{0};  // of which again
  Count renewals{0};         // accounts whose leases the guard renewed
};

}  // namespace stipend::control
