// The right bill, by docs/design/money.md and by what really happened, for whoever can know that: a simulation, whose
// host tells the truth. A result is exact wherever the rules leave nothing to the server's estimate; where they do (a
// person's stop) it is a span.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "ledger/rules.hpp"

namespace stipend::ledger {

struct Bill {
  std::int64_t least = 0, most = 0;
  bool is_exact() const { return least == most; }
  bool holds(Wide charged) const { return least <= charged && charged <= most; }
};

// [from, to) in milliseconds.
struct Existence {
  std::int64_t from_ms = 0, to_ms = 0;
};

// A person's stop: how long the run had lasted when the command was committed, 0 when the server did not know that it ran.
// The server's estimate may be off by so much.
struct Asked {
  std::int64_t ran_ms = 0, before_s = 0, after_s = 0;
};

struct RunFacts {
  Plan plan = Plan::kPerSecond;
  std::int64_t price = 0;             // nano-dollars an hour
  std::int64_t ran_ms = 0;            // by the host's own clock, to the end
  std::int64_t held_s = 0;            // what its hold covers at its end
  bool seen_running = false;          // the server knew that it ran before it ended
  bool start_failed = false;
  bool broken = false;                // host or supervisor broke
  std::int64_t record_s = 0;          // of a broken one: the host's newest record,
  std::int64_t seen_s = 0;            // and the newest report that the server has
  std::optional<Asked> asked;
  // Free hours as the run met them, [from, to) of its own milliseconds, in order and apart; of each edge the server may be
  // off by `edge_s`.
  std::vector<Existence> free;
  std::int64_t edge_s = 0;
};
Bill bill_of(const RunFacts& run);

// Of the times that a disk was there and cost: between being deleted and being brought back it is nobody's. Of a snapshot:
// from when it was whole.
std::int64_t bill_of_disk(std::int64_t price, const std::vector<Existence>& times);
// Of the times that no machine ran with an elastic address: of each its whole seconds.
std::int64_t bill_of_address(std::int64_t price, const std::vector<Existence>& idle);

}  // namespace stipend::ledger
