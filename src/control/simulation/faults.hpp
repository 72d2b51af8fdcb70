// What may go wrong in a simulated world, switched on one by one. How often is drawn from the seed.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/random.hpp"
#include "base/result.hpp"

namespace stipend::control {

// crash     the server is killed at a commit, before or after it is durable, and stays away for a while
// commits   the store's disk refuses commits, or takes seconds for one
// mail      messages to and from the host are lost, doubled, late and out of order
// provider  starts fail, and deletions
// clock     the wall clock jumps by hours, and by a day
// machines  supervisors die, guests shut themselves down
// host      the host reboots, and its connection goes away
enum class Trouble : std::uint8_t { kCrash, kCommits, kMail, kProvider, kClock, kMachines, kHost };

class Faults {
 public:
  bool has(Trouble what) const { return (bits_ >> static_cast<int>(what) & 1) != 0; }
  void set(Trouble what, bool on = true);
  bool any() const { return bits_ != 0; }
  bool operator==(const Faults&) const = default;

  static Faults all();
  static Faults drawn(base::SeededRandom& random);  // each with even odds
  std::vector<Trouble> list() const;

 private:
  unsigned bits_ = 0;
};

std::string_view name_of(Trouble what);
// "crash,mail", "all", "none".
base::Result<Faults> parse_faults(std::string_view text);
std::string to_text(const Faults& faults);

}  // namespace stipend::control
