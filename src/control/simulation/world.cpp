#include "control/simulation/world.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "control/commands/accounts.hpp"
#include "control/commands/instances.hpp"
#include "control/commands/queue.hpp"
#include "control/simulation/trace.hpp"

namespace stipend::control {
namespace {

constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();
// The server's ticks: close while something is going on, as far apart as renewals while machines only run, hourly while
// nothing does.
constexpr std::int64_t kCalmTickMs = 300'000, kIdleTickMs = 3'600'000, kBusyForMs = 60'000;
constexpr std::int64_t kAuditEveryMs = 12 * 3'600'000;
constexpr std::int64_t kDayMs = 86'400'000;

}  // namespace

// Crashes before or after the batch is durable, refuses it or takes its time; shows the auditor what became durable.
class World::CrashStore final : public store::Store {
 public:
  explicit CrashStore(World& world) : world_(world), inner_(world.disk_) {}
  base::Result<domain::State> load() override { return inner_.load(); }
  std::int64_t epoch() const override { return inner_.epoch(); }
  std::string degraded() const override { return {}; }
  void tend() override {}
  base::Result<std::vector<domain::Entry>> entries(store::EntryQuery q) override { return inner_.entries(q); }
  base::Result<std::vector<domain::Audit>> audits(store::AuditQuery q) override { return inner_.audits(q); }
  base::Result<std::vector<domain::UsageDay>> usage(store::UsageQuery q) override { return inner_.usage(q); }

  store::CommitResult commit(const store::Batch& batch) override {
    if (world_.can(Trouble::kCommits)) {
      if (world_.one_in(world_.options_.refuse_one_in)) {
        world_.auditor_.disturbed();
        return {store::Outcome::kFailed, "the simulation wants it"};
      }
      if (world_.one_in(world_.options_.refuse_one_in)) {
        world_.auditor_.disturbed();
        world_.clock_.advance_ms(world_.between(100, 4'000));
      }
    }
    const bool crash = world_.can(Trouble::kCrash) && world_.one_in(world_.options_.crash_one_in);
    const bool durable = !crash || world_.one_in(2);
    if (durable) write(batch);
    if (crash) throw Crash{};
    return {store::Outcome::kCommitted, {}};
  }

 private:
  void write(const store::Batch& wanted) {
    store::Batch changed;
    if (world_.options_.tamper) world_.options_.tamper(changed = wanted);
    const auto& batch = world_.options_.tamper ? changed : wanted;
    const auto result = inner_.commit(batch);
    if (result.outcome != store::Outcome::kCommitted) throw Broken{"the store refused a commit: " + result.detail};
    ++world_.counts_.commits;
    if (!world_.options_.trace.empty()) print_commit(batch, world_.options_.trace, world_.now_ms());
    for (const auto& change : batch) {
      if (const auto* erase = std::get_if<store::Erase<domain::Instance>>(&change)) world_.launched_.erase(erase->key);
      if (const auto* place = std::get_if<store::Erase<domain::QueuePlace>>(&change)) world_.placed_.erase(place->key);
    }
    if (const auto broken = world_.auditor_.committed(batch, world_.durable(), Head::high_water(world_.durable()))) throw Broken{*broken};
  }

  World& world_;
  store::MemoryStore inner_;
};

struct World::Server {
  explicit Server(World& world) : store(world), provider(world.host_) {
    auto state = store.load();
    engine.emplace(store, std::move(*state), world.clock_, world.random_);
    guard.emplace(*engine, world.clock_, counters);
    reconciler.emplace(*engine, provider, world.clock_, store.epoch(), counters,
                       [this](const base::AccountId& account) { guard->renew_soon(account); },
                       ReconcilerOptions{.trash = {.keep_s = world.options_.keep_deleted_s}, .resync_every_ms = world.options_.resync_every_ms});
    engine->set_hooks({[this](std::vector<Effect> effects) { reconciler->perform(std::move(effects)); }, {}});
    reconciler->open();
  }
  CrashStore store;
  compute::FakeProvider provider;
  Counters counters;
  std::optional<InlineEngine> engine;
  std::optional<Guard> guard;
  std::optional<Reconciler> reconciler;
};

World::World(WorldOptions options)
    : options_(std::move(options)), random_(options_.seed), host_(clock_, random_, options_.host), auditor_(host_, clock_) {}
World::~World() = default;

// ---- the server ----

void World::boot() {
  server_ = std::make_unique<Server>(*this);
  auditor_.disturbed();
  reconnect_at_ms_ = kNever;
  tick_at_ms_ = stirred_ms_ = now_ms();
  for (const auto& id : launched_) must(durable().find<domain::Instance>(id) != nullptr, id.str() + ": answered, and lost by a crash");
  for (const auto& id : placed_) must(durable().find<domain::QueuePlace>(id) != nullptr, id + ": its place was answered, and lost by a crash");
  for (const auto& [account, money] : given_) {
    base::Money granted;
    if (const auto of = durable().grants_of.find(account); of != durable().grants_of.end())
      for (const auto& id : of->second) granted += durable().find<domain::Grant>(id)->amount;
    must(granted >= money, account.str() + ": credit was answered, and lost by a crash");
  }
}

void World::crash(std::int64_t down_s) {
  if (!server_) return;
  ++counts_.crashes;
  auditor_.disturbed();
  host_.disconnect();
  server_.reset();
  boot_at_ms_ = now_ms() + down_s * 1000;
}

void World::pump() {
  if (!server_) return;
  try {
    server_->engine->pump(1 + random_.below(options_.restless ? 6 : 32), one_in(3));
  } catch (const Crash&) {
    crash(between(0, options_.down_s_most));
  }
  if (server_) must(server_->engine->internal_error().empty(), "a command failed unexpectedly: " + server_->engine->internal_error());
}

void World::tick() {
  ++counts_.ticks;
  server_->reconciler->tick();
  server_->guard->tick();
  pump();
  if (Head::high_water(durable()).ms > clock_.wall().ms + 1'000) auditor_.disturbed();  // disks do not age meanwhile
  const auto now = now_ms();
  std::int64_t pause = kIdleTickMs;
  if (options_.restless || now - stirred_ms_ < kBusyForMs) pause = options_.busy_tick_ms;
  else if (!durable().with_run.empty() || !durable().queue.empty() || !durable().elastic_addresses.empty()) pause = kCalmTickMs;
  else pause = std::min(pause, kDayMs - clock_.wall().ms % kDayMs + 1);  // at midnight disks are posted
  // The rules of courses begin and end by the clock.
  for (const auto& [id, course] : durable().courses)
    for (const auto* windows : {&course->policy.open, &course->policy.free})
      for (const auto& window : *windows)
        for (const auto edge : {window.from, window.to})
          if (const auto left = clock_.wall().ms_until(edge); left > 0) pause = std::min(pause, left + 500);
  tick_at_ms_ = now + pause;
}

void World::audit_all() {
  audit_at_ms_ = now_ms() + kAuditEveryMs;
  const auto at = server_ ? std::max(server_->engine->now(), Head::high_water(durable())) : Head::high_water(durable());
  if (const auto broken = auditor_.all(durable(), at)) throw Broken{*broken};
}

// ---- time ----

void World::at(std::int64_t ms, std::function<void()> act) { agenda_.emplace(std::max(ms, now_ms()), std::move(act)); }

void World::run_until(std::int64_t end) {
  while (now_ms() < end) {
    auto next = std::min({end, host_.next_ms().value_or(kNever), server_ ? tick_at_ms_ : boot_at_ms_, server_ ? reconnect_at_ms_ : kNever});
    if (!agenda_.empty()) next = std::min(next, agenda_.begin()->first);
    if (next > now_ms()) clock_.advance_ms(next - now_ms());
    ++counts_.events;
    host_.run_due();
    if (options_.restless)
      if (const auto broken = auditor_.machines(durable())) throw Broken{*broken};
    while (!agenda_.empty() && agenda_.begin()->first <= now_ms()) {
      const auto act = std::move(agenda_.extract(agenda_.begin()).mapped());
      act();
    }
    pump();
    if (!server_ && now_ms() >= boot_at_ms_) boot();
    if (server_ && now_ms() >= reconnect_at_ms_) {
      reconnect_at_ms_ = kNever;
      server_->provider.reconnect();
    }
    if (server_ && now_ms() >= tick_at_ms_) tick();
    if (now_ms() >= audit_at_ms_) audit_all();
  }
}

// ---- what people do ----

Actor World::admin() { return {.who = "uid:0", .via = "admin", .request_id = {}, .account = {}}; }
Actor World::as(const base::AccountId& account, const char* via) const {
  return {.who = account.str(), .via = via, .request_id = "sim", .account = account};
}

void World::submit(const Actor& actor, Engine::Plan plan, Engine::Done done) {
  if (!server_) return done(base::fail(base::Fault::kUnavailable, "ServerDown", "no server answers"));
  ++counts_.commands;
  stirred_ms_ = now_ms();
  tick_at_ms_ = std::min(tick_at_ms_, now_ms() + options_.busy_tick_ms);
  server_->engine->submit(actor, std::move(plan), std::move(done));
}

void World::now(Engine::Plan plan) {
  must(server_ != nullptr, "setting up needs a server");
  server_->engine->submit(admin(), std::move(plan), [this](base::Status s) { must(s.has_value(), "setting up: " + (s ? "" : s.error().message)); });
  server_->engine->pump(1, false);
}

void World::promised_place(const std::string& place) {
  if (durable().find<domain::QueuePlace>(place)) placed_.insert(place);
}

// ---- what goes wrong ----

void World::disconnect_host(std::int64_t s) {
  auditor_.disturbed();
  host_.disconnect();
  reconnect_at_ms_ = now_ms() + s * 1000;
}

void World::reboot_host(std::int64_t s) {
  auditor_.disturbed();
  host_.reboot_host();
  reconnect_at_ms_ = now_ms() + s * 1000;
}

void World::clock_trouble() {
  auditor_.clock_jumped();
  auditor_.disturbed();
  constexpr std::int64_t kHourMs = 3'600'000;
  if (leapt_ || one_in(8)) {  // a day too far, and back at the next trouble
    clock_.jump_wall_ms(leapt_ ? -24 * kHourMs : 24 * kHourMs);
    leapt_ = !leapt_;
  } else {
    clock_.jump_wall_ms(between(-3 * kHourMs, 3 * kHourMs));
  }
}

void World::trouble() {
  if (!troubled_) return;
  std::vector<base::InstanceId> running(durable().with_run.begin(), durable().with_run.end());
  const auto victim = running.empty() ? base::InstanceId() : running[random_.below(running.size())];
  switch (random_.below(6)) {
    case 0:
      if (can(Trouble::kMachines)) host_.guest_shutdown(victim);
      break;
    case 1:
      if (can(Trouble::kMachines)) host_.kill_supervisor(victim);
      break;
    case 2:
      if (can(Trouble::kHost) && one_in(4)) reboot_host(20);
      break;
    case 3:
      if (can(Trouble::kHost)) disconnect_host(between(0, one_in(4) ? options_.down_s_most : 300));
      break;
    case 4:
      if (can(Trouble::kCrash) && one_in(3)) crash(between(0, one_in(3) ? options_.down_s_most : 60));
      break;
    default:
      if (can(Trouble::kClock)) clock_trouble();
  }
}

void World::wait_for_trouble() {
  in(between(1, 2'000 * options_.trouble_every_s), [this] {
    if (!troubled_) return;
    trouble();
    wait_for_trouble();
  });
}

void World::let_trouble_come() {
  troubled_ = true;
  compute::FakeFaults mail;
  if (can(Trouble::kMail)) {
    mail.lose_call = static_cast<int>(between(0, 60));
    mail.lose_report = static_cast<int>(between(0, 150));
    mail.repeat_report = static_cast<int>(between(0, 150));
    mail.call_delay_ms_max = between(0, 2'000);
    mail.report_delay_ms_max = between(0, 3'000);
  }
  if (can(Trouble::kProvider)) {
    mail.fail_start = 60;
    mail.refuse_deletion = 300;
    mail.refuse_snapshot = static_cast<int>(between(0, 300));
  }
  if (can(Trouble::kMail)) auditor_.late_by(6);
  if (can(Trouble::kCommits)) auditor_.late_by(8);
  host_.set_faults(mail);
  if (options_.faults.any()) wait_for_trouble();
}

// ---- beginning and end ----

void World::begin() {
  boot_at_ms_ = now_ms();
  boot();
  now([this](Tx& tx) -> base::Status {
    domain::Image image;
    image.id = image_ = base::make_id<base::ImageId>(tx.random());
    image.name = "minimal";
    image.min_disk_gib = 1;
    return register_image(tx, image);
  });
  run_until(now_ms() + 100);
}

void World::come_to_rest() {
  troubled_ = false;
  ending_ = true;
  agenda_.clear();
  host_.set_faults({});
  if (!server_) boot();
  server_->provider.reconnect();
  reconnect_at_ms_ = kNever;
  stirred_ms_ = tick_at_ms_ = now_ms();
  run_until(now_ms() + 300'000);
  submit(
      admin(),
      [](Tx& tx) -> base::Status {
        std::vector<std::string> places;
        for (const auto& [id, place] : tx.state().queue) places.push_back(id);
        for (const auto& id : places) TRY(leave_queue(tx, id));
        return {};
      },
      [this](base::Status status) { must(status.has_value(), "leaving the queue"); });
  pump();
  for (const auto& [account, of] : std::map(durable().instances_of)) {
    const std::vector<base::InstanceId> ids(of.begin(), of.end());
    for (std::size_t from = 0; from < ids.size(); from += 1000)
      submit(
          admin(),
          [part = std::vector(ids.begin() + static_cast<std::ptrdiff_t>(from), ids.begin() + static_cast<std::ptrdiff_t>(std::min(ids.size(), from + 1000)))](
              Tx& tx) -> base::Status {
            TRY(terminate(tx, part, false));
            return {};
          },
          [this](base::Status status) { must(status.has_value(), "terminating all: " + (status ? "" : status.error().message)); });
  }
  pump();
  for (int i = 0; i < 12; ++i) {
    stirred_ms_ = now_ms();
    run_until(now_ms() + 50'000);
  }
  for (const auto& id : durable().with_run) must(false, id.str() + ": never settled");
  for (const auto& [key, truth] : host_.live()) must(false, key.instance.str() + ": runs for ever");
  for (const auto& key : host_.unacknowledged()) must(false, key.instance.str() + ": its end is reported for ever");
  for (const auto& [account, hold] : durable().holds)
    must(hold->amount == base::Money{}, fmt::format("{}: {} held for nothing", account.str(), hold->amount.nano));
  // At half speed at worst, while a clock that was set back is waited for.
  const auto until = now_ms() + 2 * options_.keep_deleted_s * 1000 + (leapt_ ? 2 * kDayMs : 0) + 2 * kIdleTickMs + options_.host.snapshot_ms;
  const auto left = [&] {
    return std::ranges::any_of(durable().disks, [](const auto& one) {
      return one.second->deleted.has_value() || one.second->snapshot == domain::SnapshotState::kPending;
    });
  };
  while (left() && now_ms() < until) run_until(now_ms() + kIdleTickMs);
  for (const auto& disk : host_.disks()) {
    const auto* row = durable().find<domain::Disk>(disk);
    must(row != nullptr && !row->deleted, disk.str() + ": deleted, but its bytes are still there");
    must(row->snapshot != domain::SnapshotState::kError, disk.str() + ": a failed snapshot, but its bytes are there");
  }
  const auto on_host = host_.disks();
  for (const auto& [id, row] : durable().disks)
    must(row->snapshot != domain::SnapshotState::kCompleted || row->deleted || std::ranges::find(on_host, id) != on_host.end(),
         id.str() + ": a whole snapshot, but the host does not have it");
  audit_all();
  std::vector<domain::UsageDay> usage;
  for (const auto& [key, day] : disk_->usage) usage.push_back(day);
  if (const auto broken = auditor_.at_rest(durable(), disk_->entries, usage, Head::high_water(durable()))) throw Broken{*broken};
}

}  // namespace stipend::control
