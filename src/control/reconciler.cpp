#include "control/reconciler.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include "base/log.hpp"
#include "control/commands/addresses.hpp"
#include "control/commands/reports.hpp"
#include "control/commands/snapshots.hpp"

namespace stipend::control {
namespace {

using compute::Phase;
using compute::Report;
using compute::RunKey;

Actor actor() {
  return {.who = "host", .via = "host", .request_id = {}, .account = {}};
}

std::string text(const RunKey& key) {
  return key.instance.str() + "/" + std::to_string(key.generation);
}

template <class... Calls>
struct Each : Calls... {
  using Calls::operator()...;
};

// What makes two wishes the same one.
struct Name {
  std::string operator()(const StartEffect& e) const { return "start " + text(e.spec.key); }
  std::string operator()(const RenewEffect& e) const {
    return "renew " + text(e.key) + " " + std::to_string(e.lease.seq);
  }
  std::string operator()(const StopEffect& e) const {
    return (e.wish.force ? "kill " : "stop ") + text(e.key);
  }
  std::string operator()(const RebootEffect& e) const { return "reboot " + text(e.key); }
  std::string operator()(const AcknowledgeEffect& e) const { return "acknowledge " + text(e.key); }
  std::string operator()(const DeleteDiskEffect& e) const { return "delete " + e.disk.str(); }
  std::string operator()(const SnapshotEffect& e) const { return "snapshot " + e.to.str(); }
  std::string operator()(const AddressEffect& e) const { return "address " + text(e.key) + " " + e.public_address; }
};

// Only wishes that wishes() can find again are remembered.
bool is_repeated(const Effect& effect) {
  return !std::holds_alternative<RebootEffect>(effect) && !std::holds_alternative<AcknowledgeEffect>(effect);
}

// Whether the same wish may be fulfilled later: the host is busy, away, or obeys a newer server. A disk that cannot be read or
// a full file system is no such case: nobody would ever hear of it.
bool is_for_now(const base::Error& error) {
  constexpr std::string_view kCodes[] = {"ServiceUnavailable", "HostUnavailable", "Fenced"};
  return error.fault == base::Fault::kConflict || error.fault == base::Fault::kThrottled || std::ranges::find(kCodes, error.code) != std::end(kCodes);
}

}  // namespace

Reconciler::Reconciler(Engine& engine, compute::Provider& provider, const base::Clock& clock,
                       std::int64_t epoch, Counters& counters,
                       std::function<void(const base::AccountId&)> renew_soon, ReconcilerOptions options)
    : engine_(engine),
      provider_(provider),
      clock_(clock),
      epoch_(epoch),
      counters_(counters),
      renew_soon_(std::move(renew_soon)),
      options_(options) {}

void Reconciler::open() {
  provider_.on_notices([this](compute::Notice notice) { on_notice(std::move(notice)); });
  provider_.on_folder_use([this](compute::FolderUse use) { on_folder_use(use); });
  provider_.open(epoch_, [this](Report report) { on_report(std::move(report)); });
}

std::string Reconciler::not_ready() const {
  const std::lock_guard lock(guard_);
  return missing_;
}

// ---- to the provider ----

bool Reconciler::due(const std::string& wish, std::int64_t now) {
  const std::lock_guard lock(guard_);
  auto& sent = wishes_[wish];
  if (now < sent.next_ms) return false;
  if (sent.pause_ms > 0) ++counters_.wishes_repeated;
  sent.pause_ms = sent.pause_ms == 0 ? options_.repeat_after_ms
                                     : std::min(2 * sent.pause_ms, options_.repeat_after_ms_max);
  sent.next_ms = now + sent.pause_ms;
  return true;
}

void Reconciler::perform(std::vector<Effect> effects) {
  const auto now = clock_.monotonic_ms();
  for (const auto& effect : effects) {
    if (std::holds_alternative<DeleteDiskEffect>(effect)) {
      const std::lock_guard lock(guard_);
      disks_at_ms_ = now;  // whether it is gone
    }
    if (is_repeated(effect)) due(std::visit(Name{}, effect), now);
    send(effect);
  }
}

void Reconciler::send(const Effect& effect) {
  ++counters_.wishes;
  std::visit(Each{[&](const StartEffect& e) {
                    auto spec = e.spec;
                    spec.epoch = epoch_;
                    provider_.start(std::move(spec));
                  },
                  [&](const RenewEffect& e) { provider_.renew(e.key, epoch_, e.lease); },
                  [&](const StopEffect& e) { provider_.stop(e.key, epoch_, e.wish); },
                  [&](const RebootEffect& e) { provider_.reboot(e.key, epoch_, e.request_id); },
                  [&](const AcknowledgeEffect& e) { provider_.acknowledge(e.key, epoch_); },
                  [&](const DeleteDiskEffect& e) { delete_disk(e.disk); },
                  [&](const SnapshotEffect& e) { snapshot_disk(e); },
                  [&](const AddressEffect& e) { set_public_address(e); }},
             effect);
}

void Reconciler::delete_disk(const base::DiskId& disk) {
  provider_.delete_disk(disk, epoch_, [this, disk](base::Status status) {
    if (!status) {
      base::log::warn("disk not deleted yet", {{"disk", disk.str()}, {"why", status.error().message}});
      return;
    }
    engine_.submit(actor(), [disk](Tx& tx) { return disk_gone(tx, disk); }, [](base::Status) {});
  });
}

void Reconciler::snapshot_disk(const SnapshotEffect& wish) {
  provider_.snapshot_disk(wish.from, wish.to, epoch_, [this, id = wish.to](base::Result<std::int64_t> mib) {
    const bool later = !mib && is_for_now(mib.error());
    if (!mib) base::log::warn("snapshot not made", {{"snapshot", id.str()}, {"why", mib.error().message}, {"again", later ? "yes" : "no"}});
    if (later) return;
    engine_.submit(
        actor(), [id, mib](Tx& tx) { return mib ? snapshot_done(tx, id, *mib) : snapshot_failed(tx, id, mib.error().code); },
        [](base::Status) {});
  });
}

void Reconciler::set_public_address(const AddressEffect& wish) {
  provider_.set_public_address(wish.key, epoch_, wish.public_address, [this, wish](base::Status status) {
    if (!status) return base::log::warn("public address not set yet", {{"instance", wish.key.instance.str()}, {"why", status.error().message}});
    engine_.submit(
        actor(), [wish](Tx& tx) { return address_confirmed(tx, wish.key, wish.public_address); }, [](base::Status) {});
  });
}

// ---- from the provider ----

bool Reconciler::says_nothing_new(const Report& report) {
  const std::lock_guard lock(guard_);
  if (report.phase != Phase::kRunning && report.phase != Phase::kStarting) {
    seen_.erase(report.key);
    return false;
  }
  auto& seen = seen_[report.key];
  const bool same = seen.phase == report.phase && seen.lease_seq == report.lease_seq &&
                    report.ran.count - seen.ran_s < options_.seen_every_s;
  if (!same) seen = {report.phase, report.lease_seq, report.ran.count};
  return same;
}

void Reconciler::on_report(Report report) {
  ++counters_.reports;
  if (says_nothing_new(report)) {
    ++counters_.reports_skipped;
    return;
  }
  auto renew = std::make_shared<std::optional<base::AccountId>>();
  const auto key = report.key;
  engine_.submit(
      actor(),
      [report = std::move(report), renew](Tx& tx) -> base::Status {
        TRY_ASSIGN(*renew, handle_report(tx, report));
        return {};
      },
      [this, key, renew](base::Status status) {
        if (status && *renew) renew_soon_(**renew);
        if (status) return;
        base::log::debug("a report was not taken",
                         {{"instance", key.instance.str()}, {"why", status.error().message}});
        const std::lock_guard lock(guard_);
        seen_.erase(key);  // the next one is news again
      });
}

void Reconciler::on_notice(compute::Notice notice) {
  {
    const std::lock_guard lock(guard_);
    if (!notices_.is_news(notice)) return;
  }
  engine_.submit(
      actor(), [notice](Tx& tx) { return handle_notice(tx, notice); },
      [this, notice](base::Status status) {
        if (status) return;
        const std::lock_guard lock(guard_);
        notices_.forget(notice);  // it is said again
      });
}

void Reconciler::on_folder_use(compute::FolderUse use) {
  const std::int64_t percent = use.percent < kFolderHasRoom ? 0 : use.percent;  // with room, how much is no news
  {
    const std::lock_guard lock(guard_);
    const auto known = folders_.find(use.disk);
    if (known != folders_.end() && known->second == percent) return;
    folders_[use.disk] = percent;
  }
  engine_.submit(
      actor(), [use](Tx& tx) { return handle_folder_use(tx, use); },
      [this, use](base::Status status) {
        if (status) return;
        const std::lock_guard lock(guard_);
        folders_.erase(use.disk);  // it is said again
      });
}

// ---- comparing ----

void Reconciler::tick() {
  const auto now = clock_.monotonic_ms();
  bool look = false, sync = false;
  {
    const std::lock_guard lock(guard_);
    look = now >= look_at_ms_;
    sync = missing_.empty() && now >= resync_at_ms_;
    if (look) look_at_ms_ = now + (missing_.empty() ? options_.look_every_ms : 0);
    if (sync) resync_at_ms_ = now + options_.resync_every_ms;
  }
  if (look) look_at_host();
  if (look && not_ready().empty()) look_for_wishes();
  if (sync) resync();
}

void Reconciler::look_at_host() {
  const auto ranges = provider_.address_ranges();
  const auto room = provider_.room();
  if (!ranges || !room) {
    const std::lock_guard lock(guard_);
    missing_ = (ranges ? room.error() : ranges.error()).message;
    return;
  }
  if (room->disk_free_mib < options_.trash.low_disk_free_mib)
    engine_.submit(
        actor(), [](Tx& tx) -> base::Status {
          TRY(purge_oldest(tx));
          return {};
        },
        [](base::Status) {});
  const auto host = room->host.str() + " " + room->boot_id + " " + std::to_string(room->cpus) + " " +
                    std::to_string(room->memory_mib) + " " + ranges->private_cidr + " " + ranges->public_cidr;
  const auto disk = std::to_string(disk_steps(room->disk_free_mib)) + " " + std::to_string(room->disk_total_mib);
  {
    const std::lock_guard lock(guard_);
    if (host == host_ && disk == disk_) return;
  }
  engine_.submit(
      actor(),
      [this, ranges = *ranges, room = *room](Tx& tx) -> base::Status {
        TRY(set_addresses(tx, ranges));
        TRY(set_trash(tx, options_.trash));
        return set_room(tx, room, options_.room);
      },
      [this, host, disk](base::Status status) {
        const std::lock_guard lock(guard_);
        missing_ = status ? std::string() : status.error().message;
        if (!status) return;
        disk_ = disk;
        if (host == std::exchange(host_, host)) return;
        resync_at_ms_ = 0;  // new, or booted again: what it knows is news
      });
}

void Reconciler::resync() {
  auto expected = std::make_shared<std::vector<RunKey>>();
  engine_.read(
      actor(),
      [expected](const domain::State& state, base::WallTime) -> base::Status {
        *expected = expected_runs(state);
        return {};
      },
      [this, expected](base::Status status) {
        if (status) provider_.resync(std::move(*expected));
      });
}

void Reconciler::look_for_wishes() {
  bool disks = false;
  {
    const std::lock_guard lock(guard_);
    if (looking_) return;
    looking_ = true;
    disks = clock_.monotonic_ms() >= disks_at_ms_;
  }
  auto found = std::make_shared<std::vector<Effect>>();
  engine_.read(
      actor(),
      [this, found, disks](const domain::State& state, base::WallTime server_now) -> base::Status {
        const auto confirmed = [this](const RunKey& key, std::int64_t seq) {
          const std::lock_guard lock(guard_);
          const auto seen = seen_.find(key);
          return seen != seen_.end() && seen->second.lease_seq >= seq;
        };
        *found = wishes(state, server_now, {.confirmed = confirmed, .disks = disks});
        return {};
      },
      [this, found, disks](base::Status status) {
        const auto now = clock_.monotonic_ms();
        std::map<std::string, Wish> still;
        std::vector<const Effect*> to_send;
        {
          const std::lock_guard lock(guard_);
          looking_ = false;
          if (!status) return;
          const bool some = std::ranges::any_of(*found, [](const Effect& effect) { return std::holds_alternative<DeleteDiskEffect>(effect); });
          if (disks && !some) disks_at_ms_ = now + options_.disks_every_ms;
        }
        for (const auto& effect : *found) {
          const auto name = std::visit(Name{}, effect);
          if (due(name, now)) to_send.push_back(&effect);
          const std::lock_guard lock(guard_);
          still[name] = wishes_[name];
        }
        for (const auto* effect : to_send) send(*effect);
        const std::lock_guard lock(guard_);
        // Fulfilled ones are forgotten; one that came meanwhile is found again by the next look.
        wishes_ = std::move(still);
      });
}

}  // namespace stipend::control
