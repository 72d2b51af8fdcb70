// Reconciler: makes the world what the store says. Sends the effects of committed batches to the provider,
// turns the provider's reports into commands, and, because either may be lost, compares both again and again:
// wishes that are not fulfilled are repeated with growing pauses, and the provider tells all it knows at
// start, when its host changed, and on a timer. Every wish is idempotent, so once too often does no harm.
// perform() comes from the engine, in the order of commits, reports from any, tick() every second from one
// thread.
#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "control/commands/notices.hpp"
#include "control/commands/room.hpp"
#include "control/commands/trash.hpp"
#include "control/counters.hpp"
#include "control/engine.hpp"

namespace stipend::control {

struct ReconcilerOptions {
  RoomPolicy room;
  TrashPolicy trash;
  std::int64_t resync_every_ms = 30'000;
  std::int64_t look_every_ms = 5'000;    // for wishes that are not fulfilled, and at the host
  std::int64_t disks_every_ms = 60'000;  // for disks whose time is over, while none is found
  std::int64_t repeat_after_ms = 5'000;  // doubled each time,
  std::int64_t repeat_after_ms_max = 60'000;
  std::int64_t seen_every_s = 30;  // a running machine that says nothing new is passed on this often
};

class Reconciler {
 public:
  // All outlive the reconciler's last callback: stop the engine and the provider first.
  Reconciler(Engine& engine, compute::Provider& provider, const base::Clock& clock, std::int64_t epoch,
             Counters& counters, std::function<void(const base::AccountId&)> renew_soon,
             ReconcilerOptions options = {});

  void open();  // once: connects the provider
  void perform(std::vector<Effect> effects);
  void tick();
  // Empty once the host is known and its room is in the state; else what is missing.
  std::string not_ready() const;

 private:
  struct Wish {  // sent, not seen fulfilled
    std::int64_t next_ms = 0, pause_ms = 0;
  };
  struct Seen {
    compute::Phase phase = compute::Phase::kAbsent;
    std::int64_t lease_seq = 0, ran_s = 0;
  };

  void on_report(compute::Report report);
  void on_notice(compute::Notice notice);
  void on_folder_use(compute::FolderUse use);
  bool says_nothing_new(const compute::Report& report);
  void send(const Effect& effect);
  void delete_disk(const base::DiskId& disk);
  void snapshot_disk(const SnapshotEffect& wish);
  void set_public_address(const AddressEffect& wish);
  void look_at_host();
  void look_for_wishes();
  void resync();
  // Whether the wish may go out now; notes that it does.
  bool due(const std::string& wish, std::int64_t now);

  Engine& engine_;
  compute::Provider& provider_;
  const base::Clock& clock_;
  const std::int64_t epoch_;
  Counters& counters_;
  std::function<void(const base::AccountId&)> renew_soon_;
  ReconcilerOptions options_;

  mutable std::mutex guard_;
  std::map<std::string, Wish> wishes_;  // by kind and key
  std::map<compute::RunKey, Seen> seen_;
  NoticeFilter notices_;
  std::map<base::DiskId, std::int64_t> folders_;  // percent of each that fills, as the state has it
  std::string host_, disk_;  // what look_at_host() put into the state last
  std::string missing_ = "the host has not answered yet";
  std::int64_t look_at_ms_ = 0, resync_at_ms_ = 0, disks_at_ms_ = 0;
  bool looking_ = false;
};

}  // namespace stipend::control
