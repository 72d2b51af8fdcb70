#include "compute/fake/fake_host.hpp"

#include <algorithm>
#include <limits>

namespace stipend::compute {
namespace {
constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();
}

FakeHost::FakeHost(const base::Clock& clock, base::Random& random, FakeOptions options)
    : clock_(clock), random_(random), options_(std::move(options)) {
  host_ = base::make_id<base::HostId>(random_);
  boot_id_ = base::random_hex(random_, 32);
}

// While something is due: when it was due, however late it is looked at.
std::int64_t FakeHost::now_ms() const { return due_now_ms_.value_or(clock_.monotonic_ms()); }

std::int64_t FakeHost::chance(std::int64_t bound) {
  std::uint32_t bits = 0;
  random_.fill(reinterpret_cast<unsigned char*>(&bits), sizeof bits);
  return static_cast<std::int64_t>(bits) % bound;
}

// ---- the mailbox ----

void FakeHost::call(std::int64_t epoch, std::function<void()> act) {
  if (epoch < epoch_) return;
  if (chance(1000) < options_.faults.lose_call) {
    lost_at_ms_ = now_ms();
    return;
  }
  const auto delay =
      options_.faults.call_delay_ms_max > 0 ? chance(options_.faults.call_delay_ms_max + 1) : 0;
  last_call_ms_ = std::max(last_call_ms_, now_ms() + delay);
  mail_.emplace(last_call_ms_, Mail{last_call_ms_, [this, epoch, act = std::move(act)] {
                                      if (epoch >= epoch_) act();
                                    }});
}

template <class Sink, class Message>
void FakeHost::post(const Sink& sink, const Message& message) {
  if (!sink || chance(1000) < options_.faults.lose_report) {
    lost_at_ms_ = now_ms();
    return;
  }
  const int copies = chance(1000) < options_.faults.repeat_report ? 2 : 1;
  for (int i = 0; i < copies; ++i) {
    const auto delay =
        options_.faults.report_delay_ms_max > 0 ? chance(options_.faults.report_delay_ms_max + 1) : 0;
    const auto at = now_ms() + delay;
    mail_.emplace(at, Mail{at, [sink, message] { sink(message); }, true, connection_});
  }
}

void FakeHost::send(Report report) {
  post(sink_, report);
}

void FakeHost::notice(Notice notice) {
  const std::lock_guard lock(guard_);
  post(notices_, notice);
}

Report FakeHost::absent(const RunKey& key) const {
  Report out;
  out.key = key;
  out.host = host_;
  out.boot_id = boot_id_;
  return out;
}

// Says how it is now, and takes its next event anew: every change of a machine ends with this.
void FakeHost::report(const RunKey& key, Machine& machine) {
  due_.erase({machine.due_ms, key});
  machine.due_ms = next_of(machine);
  due_.insert({machine.due_ms, key});
  Report out;
  out.key = key;
  out.phase = machine.phase;
  if (machine.phase == Phase::kEnded)
    out.ran = {machine.ended_ran_ms / 1000};
  else if (machine.phase != Phase::kStarting)
    out.ran = {(now_ms() - machine.started_ms) / 1000};
  out.lease_seq = machine.lease.seq;
  out.cause = machine.cause;
  out.halted_by_us = machine.halted_by_us;
  out.known_to_end = machine.known_to_end;
  out.host = host_;
  out.boot_id = machine.boot_id;
  out.detail = machine.detail;
  send(std::move(out));
}

std::optional<std::int64_t> FakeHost::next_ms() const {
  const std::lock_guard lock(guard_);
  std::int64_t next = mail_.empty() ? kNever : mail_.begin()->first;
  if (!due_.empty()) next = std::min(next, due_.begin()->first);
  return next == kNever ? std::nullopt : std::optional(next);
}

void FakeHost::run_due() {
  std::unique_lock lock(guard_);
  const auto now = clock_.monotonic_ms();
  for (;;) {
    const auto first = due_.empty() ? kNever : due_.begin()->first;
    const auto mail_at = mail_.empty() ? kNever : mail_.begin()->first;
    if (std::min(first, mail_at) > now) {
      due_now_ms_.reset();
      return;
    }
    latest_ms_ = std::max(latest_ms_, std::min(first, mail_at));
    due_now_ms_ = latest_ms_;
    if (mail_at <= first) {
      auto mail = std::move(mail_.extract(mail_.begin()).mapped());
      if (!mail.to_server) {
        mail.deliver();
      } else if (mail.connection == connection_) {
        lock.unlock();
        mail.deliver();
        lock.lock();
      }
    } else {
      const auto key = due_.begin()->second;
      step(key, machines_.at(key), latest_ms_);
    }
  }
}

// ---- connection ----

void FakeHost::connect(std::int64_t epoch, ReportSink sink, NoticeSink notices) {
  const std::lock_guard lock(guard_);
  if (epoch < epoch_) return;
  epoch_ = epoch;
  sink_ = std::move(sink);
  notices_ = std::move(notices);
  ++connection_;
}

void FakeHost::disconnect() {
  const std::lock_guard lock(guard_);
  sink_ = nullptr;
  notices_ = nullptr;
  ++connection_;
}

bool FakeHost::connected() const {
  const std::lock_guard lock(guard_);
  return sink_ != nullptr;
}

void FakeHost::set_faults(FakeFaults faults) {
  const std::lock_guard lock(guard_);
  options_.faults = faults;
}

HostRoom FakeHost::room() const {
  const std::lock_guard lock(guard_);
  return {host_, boot_id_, options_.cpus, options_.memory_mib, options_.disk_free_mib, options_.disk_free_mib};
}

// ---- calls ----

void FakeHost::start(StartSpec spec) {
  const std::lock_guard lock(guard_);
  const auto deadline = now_ms() + spec.start_within_ms;
  const auto epoch = spec.epoch;
  call(epoch, [this, spec = std::move(spec), deadline] { do_start(spec, deadline); });
}

void FakeHost::do_start(const StartSpec& spec, std::int64_t deadline_ms) {
  const auto& key = spec.key;
  if (const auto at = machines_.find(key); at != machines_.end()) return report(key, at->second);
  auto& tombstone = tombstones_[key.instance];
  if (key.generation <= tombstone) return send(absent(key));
  // A newer generation while an older one runs: control starts one only after the other is settled.
  RunKey other;
  if (find_live(key.instance, &other) != nullptr) return;
  const auto now = now_ms();
  auto& machine = machines_[key];
  machine.spec = spec;
  machine.lease = spec.lease;
  machine.phase_ms = now;
  machine.boot_id = boot_id_;
  machine.report_at_ms = now + options_.report_every_ms;
  const bool late = now > deadline_ms;
  if (const auto user = user_of_disk(spec, key)) {
    machine.detail = "its disk is in use by " + user->str();
    return end(key, machine, now, Cause::kStartFailed);
  }
  if (late || chance(1000) < options_.faults.fail_start) {
    machine.detail = late ? "the start came too late" : "the fake host was told to fail this start";
    return end(key, machine, now, Cause::kStartFailed);
  }
  if (machine.detail = wrong_with_source(spec); !machine.detail.empty()) return end(key, machine, now, Cause::kStartFailed);
  make_disk(spec.root_disk, spec.root_gib);
  make_disk(spec.home_disk, spec.home_gib);
  make_disk(spec.course_disk, spec.course_gib);
  consoles_[key.instance] +=
      "fake machine " + key.instance.str() + ": no machine runs here, this host only pretends\n";
  report(key, machine);
}

std::string FakeHost::wrong_with_source(const StartSpec& spec) const {
  if (spec.root_source.empty() || disks_.contains(spec.root_disk)) return {};
  if (!disks_.contains(spec.root_source)) return "the snapshot that its disk is to be made of is not on this host";
  return spec.root_gib < gib_.at(spec.root_source) ? "its disk is smaller than the snapshot it is made of" : "";
}

void FakeHost::make_disk(const base::DiskId& disk, std::int64_t gib) {
  if (!disk.empty() && disks_.insert(disk).second) gib_[disk] = gib;
}

// Another machine that has one of its own disks.
std::optional<base::InstanceId> FakeHost::user_of_disk(const StartSpec& spec, const RunKey& key) const {
  for (const auto& [other, machine] : machines_) {
    if (other == key || machine.phase == Phase::kEnded) continue;
    for (const auto& disk : {machine.spec.root_disk, machine.spec.home_disk})
      if (!disk.empty() && (disk == spec.root_disk || disk == spec.home_disk)) return other.instance;
  }
  return {};
}

void FakeHost::renew(RunKey key, std::int64_t epoch, Lease lease) {
  const std::lock_guard lock(guard_);
  call(epoch, [this, key, lease] {
    const auto at = machines_.find(key);
    if (at == machines_.end() || at->second.phase == Phase::kEnded) return;
    auto& machine = at->second;
    if (lease.seq > machine.lease.seq && !machine.halting) {
      auto& truth = measured_[key];
      truth.longest_lease = std::max({truth.longest_lease, machine.lease.run_max, lease.run_max});
      machine.lease = lease;
      if (machine.phase == Phase::kStopping &&
          !machine.stop_ms) {  // the end of the old lease no longer counts
        machine.phase = Phase::kRunning;
        machine.cause = Cause::kNone;
      }
    }
    report(key, machine);
  });
}

void FakeHost::stop(RunKey key, std::int64_t epoch, StopWish wish) {
  const std::lock_guard lock(guard_);
  call(epoch, [this, key, wish] { do_stop(key, wish); });
}

void FakeHost::do_stop(const RunKey& key, const StopWish& wish) {
  const auto now = now_ms();
  const auto at = machines_.find(key);
  if (at == machines_.end()) {
    if (key.generation <= tombstones_[key.instance]) return send(absent(key));
    auto& machine = machines_[key];  // never came: from now on it never will
    machine.spec.key = key;
    machine.boot_id = boot_id_;
    return end(key, machine, now, wish.cause);
  }
  auto& machine = at->second;
  if (machine.phase == Phase::kEnded) return report(key, machine);
  if (machine.phase == Phase::kStarting || wish.force) {
    machine.halted_by_us = true;
    measured_[key].forced = wish.force;
    return end(key, machine, now, wish.cause);
  }
  if (machine.stop_ms || machine.halting) return report(key, machine);
  machine.stop_ms = now;
  machine.halt_at_ms = now + std::min(options_.hook_ms, kHookMs);
  machine.phase = Phase::kStopping;
  machine.phase_ms = now;
  machine.cause = wish.cause;
  report(key, machine);
}

void FakeHost::reboot(RunKey key, std::int64_t epoch) {
  const std::lock_guard lock(guard_);
  call(epoch, [this, key] {
    const auto at = machines_.find(key);
    if (at != machines_.end() && at->second.phase == Phase::kRunning) consoles_[key.instance] += "rebooted\n";
  });
}

void FakeHost::acknowledge(RunKey key, std::int64_t epoch) {
  const std::lock_guard lock(guard_);
  call(epoch, [this, key] {
    const auto at = machines_.find(key);
    if (at == machines_.end() || at->second.phase != Phase::kEnded) return;
    due_.erase({at->second.due_ms, key});
    machines_.erase(at);
  });
}

void FakeHost::delete_disk(base::DiskId disk, std::int64_t epoch, DoneSink done) {
  const std::lock_guard lock(guard_);
  const auto answer = [this, done = std::move(done)](base::Status status) {
    const auto at = now_ms();
    mail_.emplace(at, Mail{at, [done, status] { done(status); }, true, connection_});
  };
  if (!sink_ || epoch < epoch_)
    return answer(base::fail(base::Fault::kUnavailable, "HostUnavailable", "the host is not connected"));
  if (options_.faults.refuse_deletion > 0 && chance(1000) < options_.faults.refuse_deletion)
    return answer(base::fail(base::Fault::kUnavailable, "DeletionFailed", "the fake host was told to fail this deletion"));
  for (const auto& [key, machine] : machines_)
    if ((machine.spec.root_disk == disk || machine.spec.home_disk == disk || machine.spec.course_disk == disk) && machine.phase != Phase::kEnded)
      return answer(base::fail(base::Fault::kConflict, "DiskInUse", "a machine uses the disk"));
  disks_.erase(disk);
  gib_.erase(disk);
  answer({});
}

void FakeHost::snapshot_disk(base::DiskId from, base::DiskId to, std::int64_t epoch, SizeSink done) {
  const std::lock_guard lock(guard_);
  const auto answer = [this, done = std::move(done)](base::Result<std::int64_t> size) {
    const auto at = now_ms() + options_.snapshot_ms;
    mail_.emplace(at, Mail{at, [done, size] { done(size); }, true, connection_});
  };
  if (!sink_ || epoch < epoch_)
    return answer(base::fail(base::Fault::kUnavailable, "HostUnavailable", "the host is not connected"));
  if (options_.faults.refuse_snapshot > 0 && chance(1000) < options_.faults.refuse_snapshot)
    return answer(base::fail(base::Fault::kUnavailable, "SnapshotFailed", "the fake host was told to fail this snapshot"));
  if (!disks_.contains(to) && !disks_.contains(from))
    return answer(base::fail(base::Fault::kNotFound, "InvalidVolume.NotFound", "the host has no such disk"));
  if (!disks_.contains(to)) make_disk(to, gib_.at(from));
  answer(options_.snapshot_mib);
}

void FakeHost::set_public_address(RunKey key, std::int64_t epoch, std::string address, DoneSink done) {
  const std::lock_guard lock(guard_);
  const auto answer = [this, done = std::move(done)](base::Status status) {
    const auto at = now_ms();
    mail_.emplace(at, Mail{at, [done, status] { done(status); }, true, connection_});
  };
  if (!sink_ || epoch < epoch_)
    return answer(base::fail(base::Fault::kUnavailable, "HostUnavailable", "the host is not connected"));
  const auto at = machines_.find(key);
  if (at == machines_.end() || at->second.phase == Phase::kEnded)
    return answer(base::fail(base::Fault::kConflict, "IncorrectInstanceState", "the machine does not run"));
  for (const auto& [other, machine] : machines_)
    if (other != key && machine.phase != Phase::kEnded && machine.spec.public_address == address)
      return answer(base::fail(base::Fault::kConflict, "AddressInUse", "the address is in use by " + other.instance.str()));
  at->second.spec.public_address = std::move(address);
  answer({});
}

void FakeHost::console_output(base::InstanceId instance, TextSink done) {
  const std::lock_guard lock(guard_);
  const auto at = now_ms();
  const auto text = consoles_[instance];
  mail_.emplace(at, Mail{at, [done = std::move(done), text] { done(text); }, true, connection_});
}

void FakeHost::resync(std::vector<RunKey> expected) {
  const std::lock_guard lock(guard_);
  call(epoch_, [this, expected = std::move(expected)] {
    for (auto& [key, machine] : machines_) report(key, machine);
    for (const auto& key : expected)
      if (!machines_.contains(key)) send(absent(key));
  });
}

}  // namespace stipend::compute
