// What a host saw inside a machine, kept for its person: the newest of each kind, of the newest run. What it saw of a
// course's folder, kept for the staff.
#pragma once

#include <map>
#include <optional>
#include <utility>

#include "control/tx.hpp"

namespace stipend::control {

// Any notice, in any order, twice or late, changes the row at most once: what is not newer than the row's is nothing
// new, what is of another run is forgotten. Audited when it is the first of its kind or the last one is a minute old.
base::Status handle_notice(Tx& tx, const compute::Notice& notice);

// A folder that is 90 % full is kept as one that fills until it is below 85 %. Of a disk that is no course's folder: nothing.
base::Status handle_folder_use(Tx& tx, const compute::FolderUse& use);
inline constexpr std::int64_t kFolderFills = 90, kFolderHasRoom = 85;  // percent
struct FolderFills {
  base::WallTime at;
  std::int64_t percent = 0, used_mib = 0, size_mib = 0;
};
std::optional<FolderFills> folder_fills(const domain::State& state, const domain::Course& course);

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
