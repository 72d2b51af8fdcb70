// User-id ranges: each running machine has 65536 ids of its own on the host, out of one registry that all
// states share (/run/stipend/idranges, under flock; gone after a reboot). Range n starts at
// 1 000 000 + n * 65 536; n also numbers the machine's network device (Names::veth).
// Any process of the host may call; each call takes the lock for microseconds.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "base/ids.hpp"
#include "base/result.hpp"
#include "host/fd.hpp"
#include "host/names.hpp"

namespace stipend::host {

inline constexpr std::uint32_t kIdBase = 1'000'000;
inline constexpr std::uint32_t kIdCount = 65'536;
inline constexpr std::uint32_t kIdSlots = 4'096;

struct IdRange {
  std::uint32_t slot = 0;
  std::uint32_t base() const { return kIdBase + slot * kIdCount; }
};

// The machine's range, a new one (lowest free) if it has none. Idempotent. Fails with NoIdRange when all are
// taken.
base::Result<IdRange> acquire_ids(const Names& names, const base::InstanceId& id);
base::Status release_ids(const Names& names, const base::InstanceId& id);  // idempotent
// Gives back every range of this state whose machine is not in `keep`: after a crash.
base::Status retain_ids(const Names& names, std::span<const base::InstanceId> keep);

// A user namespace that maps 0..65535 to the range, for idmapped mounts. Forks a short-lived child.
base::Result<Fd> user_namespace(IdRange ids);

}  // namespace stipend::host
