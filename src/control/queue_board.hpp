// QueueBoard: the queue as people see it: each place's rank, what its last turn lacked and when the next may come. The
// whole board is made at once and kept until the queue or the second changes, because everybody who waits looks at it
// every second. On the engine's strand only.
#pragma once

#include <map>
#include <vector>

#include "domain/queue.hpp"
#include "domain/state.hpp"

namespace stipend::control {

struct PlaceView {
  std::string id;
  base::AccountId account;
  base::InstanceId instance;  // empty: a launch
  std::string image, type, name;
  base::WallTime since;
  std::size_t position = 0, of = 0;  // 1 is next
  std::string refused;        // code; empty: only room is missing
  domain::Estimate estimate;
  std::string line;           // "You are 3rd in line."
  std::string wait;           // "About 12 minutes." for people; the estimate's instant is worded by whoever shows it
};

class QueueBoard {
 public:
  const std::vector<PlaceView>& all(const domain::State& state, base::WallTime now);  // next first
  std::vector<PlaceView> of(const domain::State& state, base::WallTime now, const base::AccountId& account);

 private:
  void make(const domain::State& state, base::WallTime now);

  domain::Table<domain::QueuePlace> made_of_;
  std::int64_t second_ = -1, freeing_second_ = -1;
  std::vector<domain::Freeing> freeing_;  // dear to find: looked for anew every ten seconds
  std::vector<PlaceView> board_;
};

}  // namespace stipend::control
