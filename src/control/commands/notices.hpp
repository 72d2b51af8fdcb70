// What a host saw inside a machine, kept for its person: the newest of each kind, of the newest run.
#pragma once

#include <map>
#include <utility>

#include "control/tx.hpp"

namespace stipend::control {

// Any notice, in any order, twice or late, changes the row at most once: what is not newer than the row's is nothing
// new, what is of another run is forgotten. Audited when it is the first of its kind or the last one is a minute old.
base::Status handle_notice(Tx& tx, const compute::Notice& notice);

// Hosts say a notice again and again; this keeps repeats from becoming commands. Not thread-safe.
class NoticeFilter {
 public:
  bool is_news(const compute::Notice& notice);
  void forget(const compute::Notice& notice);

 private:
  struct Said {
    std::int64_t generation = 0, count = 0;
    bool over = false;
    auto operator<=>(const Said&) const = default;
  };
  static Said said(const compute::Notice& notice);
  std::map<std::pair<base::InstanceId, compute::NoticeKind>, Said> said_;
};

}  // namespace stipend::control
