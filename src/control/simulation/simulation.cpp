#include "control/simulation/simulation.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "control/commands/instances.hpp"
#include "control/commands/queue.hpp"
#include "control/commands/renew_root.hpp"
#include "control/commands/trash.hpp"
#include "control/vault.hpp"

namespace stipend::control {
namespace {

constexpr std::int64_t kTickMs = 10'000;
constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();

// Every second host is small: most starts find no room.
compute::FakeOptions host_options(std::uint64_t seed) {
  compute::FakeOptions options;
  options.report_every_ms = 45'000;
  options.cpus = seed % 2 == 0 ? 2 : 16;
  options.memory_mib = seed % 2 == 0 ? 6 * 1024 : 64 * 1024;
  return options;
}

}  // namespace

// Crashes before or after the batch is durable, or refuses it; shows the auditor what became durable.
class Simulation::CrashStore final : public store::Store {
 public:
  explicit CrashStore(Simulation& world) : world_(world), inner_(world.disk_) {}
  base::Result<domain::State> load() override { return inner_.load(); }
  std::int64_t epoch() const override { return inner_.epoch(); }
  std::string degraded() const override { return {}; }
  void tend() override {}
  base::Result<std::vector<domain::Entry>> entries(store::EntryQuery q) override { return inner_.entries(q); }
  base::Result<std::vector<domain::Audit>> audits(store::AuditQuery q) override { return inner_.audits(q); }

  store::CommitResult commit(const store::Batch& batch) override {
    const auto& faults = world_.faults_;
    if (faults.commit_failures && world_.one_in(40))
      return {store::Outcome::kFailed, "the simulation wants it"};
    const bool crash = faults.crashes && world_.one_in(12);
    const bool durable = !crash || world_.one_in(2);
    if (durable) {
      const auto result = inner_.commit(batch);
      if (result.outcome != store::Outcome::kCommitted)
        throw Broken{"the store refused a commit: " + result.detail};
      ++world_.report_.commits;
      for (const auto& change : batch)
        if (const auto* erase = std::get_if<store::Erase<domain::Instance>>(&change))
          world_.launched_.erase(erase->key);
      for (const auto& change : batch)
        if (const auto* erase = std::get_if<store::Erase<domain::QueuePlace>>(&change)) world_.placed_.erase(erase->key);
      const auto broken =
          world_.auditor_.committed(batch, world_.durable(), Head::high_water(world_.durable()));
      if (broken) throw Broken{*broken};
    }
    if (crash) throw Crash{};
    return {store::Outcome::kCommitted, {}};
  }

 private:
  Simulation& world_;
  store::MemoryStore inner_;
};

struct Simulation::Server {
  explicit Server(Simulation& world) : store(world), provider(world.host_) {
    auto state = store.load();
    engine.emplace(store, std::move(*state), world.clock_, world.random_);
    guard.emplace(*engine, world.clock_, counters);
    reconciler.emplace(*engine, provider, world.clock_, store.epoch(), counters,
                       [this](const base::AccountId& account) { guard->renew_soon(account); },
                       ReconcilerOptions{.trash = {.keep_s = world.keep_deleted_s_}});
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

Simulation::Simulation(std::uint64_t seed)
    : random_(seed), host_(clock_, random_, host_options(seed)), auditor_(host_) {
  choose_faults();
}
Simulation::~Simulation() = default;

void Simulation::choose_faults() {
  faults_.crashes = !one_in(8);
  faults_.commit_failures = one_in(3);
  faults_.wall_jumps = one_in(3);
  faults_.host_failures = !one_in(3);
  keep_deleted_s_ = one_in(3) ? 0 : 120;
  faults_.down_s_max = one_in(3) ? 2 * 3600 : 60;
  if (one_in(2)) faults_.mail.lose_call = 60;
  if (one_in(2)) faults_.mail.lose_report = 150;
  if (one_in(2)) faults_.mail.repeat_report = 150;
  if (one_in(3)) faults_.mail.fail_start = 60;
  if (one_in(2)) faults_.mail.call_delay_ms_max = 2'000;
  if (one_in(2)) faults_.mail.report_delay_ms_max = 3'000;
}

void Simulation::must(bool so, const std::string& what) const {
  if (!so) throw Broken{what};
}

// ---- the server ----

void Simulation::boot() {
  server_ = std::make_unique<Server>(*this);
  reconnect_at_ms_ = kNever;
  tick_at_ms_ = clock_.monotonic_ms();
  for (const auto& id : launched_)
    must(durable().find<domain::Instance>(id) != nullptr, id.str() + ": answered, and lost by a crash");
  for (const auto& id : placed_)
    must(durable().find<domain::QueuePlace>(id) != nullptr, id + ": its place was answered, and lost by a crash");
  for (const auto& [account, money] : given_) {
    base::Money granted;
    for (const auto& [id, grant] : durable().grants)
      if (grant->account == account) granted += grant->amount;
    must(granted >= money, account.str() + ": credit was answered, and lost by a crash");
  }
}

void Simulation::crash() {
  ++report_.crashes;
  host_.disconnect();
  server_.reset();
  boot_at_ms_ = clock_.monotonic_ms() + static_cast<std::int64_t>(random_.below(faults_.down_s_max * 1000));
}

void Simulation::pump() {
  if (!server_) return;
  try {
    server_->engine->pump(1 + random_.below(6), one_in(3));
  } catch (const Crash&) {
    crash();
  }
}

void Simulation::audit_machines() {
  if (const auto broken = auditor_.machines(durable())) throw Broken{*broken};
}

void Simulation::pass_until(std::int64_t mono_ms) {
  while (clock_.monotonic_ms() < mono_ms) {
    auto next = std::min(mono_ms, host_.next_ms().value_or(kNever));
    next = std::min({next, server_ ? tick_at_ms_ : boot_at_ms_, server_ ? reconnect_at_ms_ : kNever});
    if (next > clock_.monotonic_ms()) clock_.advance_ms(next - clock_.monotonic_ms());
    host_.run_due();
    audit_machines();
    pump();
    const auto now = clock_.monotonic_ms();
    if (!server_ && now >= boot_at_ms_) boot();
    if (server_ && now >= reconnect_at_ms_) {
      reconnect_at_ms_ = kNever;
      server_->provider.reconnect();
    }
    if (server_ && now >= tick_at_ms_) {
      tick_at_ms_ = now + kTickMs;
      server_->reconciler->tick();
      server_->guard->tick();
      pump();
    }
  }
}

// ---- what people do ----

void Simulation::make_class() {
  const Actor admin{.who = "uid:0", .via = "admin", .request_id = {}, .account = {}};
  const Vault vault({});
  const auto run = [&](Engine::Plan plan) {
    server_->engine->submit(admin, std::move(plan),
                            [this](base::Status s) { must(s.has_value(), "making the class"); });
    server_->engine->pump(1, false);
  };
  for (const auto plan : {domain::RatePlan::kPerSecond, domain::RatePlan::kPerHour}) {
    const std::string name = plan == domain::RatePlan::kPerHour ? "hours" : "seconds";
    run([=](Tx& tx) -> base::Status {
      TRY(create_course(tx, {.name = name, .plan = plan, .catalogue = "2026", .grace_s = 3600,
                              .homes = name == "hours" ? domain::HomePolicy::kMachine : domain::HomePolicy::kKeep, .home_gib = 1}));
      return {};
    });
    for (int i = 0; i < 2; ++i)
      run([&](Tx& tx) -> base::Status {
        const base::Money credit{static_cast<std::int64_t>(5'000'000 + random_.below(120'000'000))};
        TRY_ASSIGN(const auto made,
                   create_account(tx, vault, {.course = name, .name = "somebody", .credit = credit}));
        accounts_.push_back(made.account);
        return {};
      });
  }
  run([&](Tx& tx) -> base::Status {
    domain::Image image;
    image.id = image_ = base::make_id<base::ImageId>(tx.random());
    image.name = "minimal";
    image.min_disk_gib = 1;
    return register_image(tx, image);
  });
}

base::InstanceId Simulation::any_instance(const base::AccountId& account) {
  const auto of = durable().instances_of.find(account);
  if (of == durable().instances_of.end()) return base::make_id<base::InstanceId>(random_);
  return *std::next(of->second.begin(), static_cast<std::ptrdiff_t>(random_.below(of->second.size())));
}

base::DiskId Simulation::deleted_disk(const base::AccountId& account) {
  if (const auto of = durable().disks_of.find(account); of != durable().disks_of.end())
    for (const auto& id : of->second)
      if (durable().find<domain::Disk>(id)->deleted) return id;
  return base::make_id<base::DiskId>(random_);
}

void Simulation::command(const base::AccountId& account) {
  const Actor actor{.who = account.str(), .via = "aws", .request_id = "sim", .account = account};
  const auto id = any_instance(account);
  const auto submit = [&](auto plan) {
    server_->engine->submit(
        actor,
        [plan](Tx& tx) -> base::Status {
          TRY(plan(tx));
          return {};
        },
        [](base::Status) {});
  };
  // What a page asks for; the answer says whether it starts or waits.
  const auto wait = [&](auto plan) {
    auto place = std::make_shared<std::string>();
    server_->engine->submit(
        actor,
        [plan, place](Tx& tx) -> base::Status {
          TRY_ASSIGN(const Begun begun, plan(tx));
          *place = begun.place;
          return {};
        },
        [this, place](base::Status status) {
          if (status && durable().find<domain::QueuePlace>(*place)) placed_.insert(*place);
        });
  };
  switch (random_.below(19)) {
    case 13:
    case 14: {
      const auto key = "press-" + std::to_string(random_.below(300));  // pressed twice now and then
      const auto type = std::array{"t2.micro", "m1.small", "t2.medium"}[random_.below(3)];
      return wait([=, image = image_](Tx& tx) { return launch_or_wait(tx, page_launch({image, type, "mine", "", key})); });
    }
    case 15: return wait([id](Tx& tx) { return start_or_wait(tx, id); });
    case 16: {
      if (durable().queue.empty()) return;
      const auto at = std::next(durable().queue.begin(), static_cast<std::ptrdiff_t>(random_.below(durable().queue.size())));
      return submit([place = at->first](Tx& tx) -> base::Result<bool> {
        TRY(leave_queue(tx, place));
        return true;
      });
    }
    case 0:
    case 1:
    case 2: {
      LaunchRequest request;
      request.image = image_;
      request.type = std::array{"t2.micro", "m1.small", "t2.medium"}[random_.below(3)];
      request.max_count = 1 + static_cast<std::int64_t>(random_.below(3));
      request.terminate_on_guest_shutdown = one_in(4);
      request.delete_root_on_termination = !one_in(6);
      auto made = std::make_shared<std::vector<base::InstanceId>>();
      server_->engine->submit(
          actor,
          [=](Tx& tx) -> base::Status {
            TRY_ASSIGN(const auto launched, launch(tx, request));
            for (const auto& instance : launched.instances) made->push_back(instance->id);
            return {};
          },
          [this, made](base::Status status) {
            if (status) launched_.insert(made->begin(), made->end());
          });
      break;
    }
    case 3:
    case 4:
    case 5: return submit([id](Tx& tx) { return start(tx, {id}, false); });
    case 6:
    case 7:
      return submit([id, force = one_in(5)](Tx& tx) { return stop(tx, {.ids = {id}, .force = force}); });
    case 8: return submit([id](Tx& tx) { return terminate(tx, {id}, false); });
    case 9: return submit([id](Tx& tx) { return reboot(tx, {id}, false); });
    case 10: {
      const auto disk = deleted_disk(account);
      return submit([disk](Tx& tx) { return restore_disk(tx, {.disk = disk, .type = "t2.micro"}); });
    }
    case 11: return submit([id](Tx& tx) { return renew_root(tx, id, {}); });
    case 12: {
      const auto disk = durable().disks_of.contains(account) ? *durable().disks_of.at(account).begin() : base::DiskId();
      return submit([disk](Tx& tx) { return delete_disk(tx, disk, false); });
    }
    default: {
      const Actor admin{.who = "uid:0", .via = "admin", .request_id = {}, .account = {}};
      const base::Money amount{static_cast<std::int64_t>(random_.below(60'000'000)) - 15'000'000};
      server_->engine->submit(
          admin,
          [=](Tx& tx) -> base::Status {
            TRY(grant(tx, account, amount, "simulated"));
            return {};
          },
          [this, account, amount](base::Status status) {
            if (status && amount.nano > 0) given_[account] += amount;
          });
    }
  }
}

void Simulation::world_fault() {
  std::vector<base::InstanceId> running(durable().with_run.begin(), durable().with_run.end());
  const auto victim = running.empty() ? base::InstanceId() : running[random_.below(running.size())];
  switch (random_.below(faults_.wall_jumps ? 6 : 5)) {
    case 0: host_.guest_shutdown(victim); break;
    case 1:
      if (faults_.host_failures) host_.kill_supervisor(victim);
      break;
    case 2:
      if (faults_.host_failures && one_in(4)) {
        host_.reboot_host();
        reconnect_at_ms_ = clock_.monotonic_ms() + 20'000;
      }
      break;
    case 3:
      if (faults_.host_failures) {
        host_.disconnect();
        reconnect_at_ms_ = clock_.monotonic_ms() + static_cast<std::int64_t>(random_.below(300'000));
      }
      break;
    case 4:
      if (server_ && faults_.crashes && one_in(3)) crash();
      break;
    default:
      auditor_.clock_jumped();
      clock_.jump_wall_ms((static_cast<std::int64_t>(random_.below(6 * 3600)) - 3 * 3600) * 1000);
  }
}

void Simulation::act() {
  if (one_in(6)) world_fault();
  if (!server_) return;
  const auto count = 1 + random_.below(4);
  for (std::uint64_t i = 0; i < count; ++i) command(accounts_[random_.below(accounts_.size())]);
  pump();
}

// Without faults all that was asked for comes true.
void Simulation::come_to_rest() {
  faults_.crashes = faults_.commit_failures = faults_.wall_jumps = faults_.host_failures = false;
  host_.set_faults({});
  if (!server_) boot();
  server_->provider.reconnect();
  reconnect_at_ms_ = kNever;
  pass_until(clock_.monotonic_ms() + 300'000);
  server_->engine->submit(
      {.who = "uid:0", .via = "admin", .request_id = {}, .account = {}},
      [](Tx& tx) -> base::Status {
        std::vector<std::string> places;
        for (const auto& [id, place] : tx.state().queue) places.push_back(id);
        for (const auto& id : places) TRY(leave_queue(tx, id));
        return {};
      },
      [this](base::Status status) { must(status.has_value(), "leaving the queue"); });
  pump();
  for (const auto& account : accounts_) {
    const auto of = durable().instances_of.find(account);
    if (of == durable().instances_of.end()) continue;
    const Actor actor{.who = account.str(), .via = "aws", .request_id = "sim", .account = account};
    server_->engine->submit(
        actor,
        [ids = std::vector(of->second.begin(), of->second.end())](Tx& tx) -> base::Status {
          TRY(terminate(tx, ids, false));
          return {};
        },
        [this](base::Status status) {
          must(status.has_value(), "terminating all: " + (status ? "" : status.error().message));
        });
  }
  pump();
  pass_until(clock_.monotonic_ms() + 600'000);
  for (const auto& id : durable().with_run) must(false, id.str() + ": never settled");
  for (const auto& [key, truth] : host_.live()) must(false, key.instance.str() + ": runs for ever");
  for (const auto& key : host_.unacknowledged())
    must(false, key.instance.str() + ": its end is reported for ever");
  for (const auto& [account, hold] : durable().holds)
    must(hold->amount == base::Money{},
         fmt::format("{}: {} held for nothing", account.str(), hold->amount.nano));
  for (const auto& disk : host_.disks()) {
    const auto* row = durable().find<domain::Disk>(disk);
    must(row != nullptr && !row->deleted, disk.str() + ": deleted, but its bytes are still there");
  }
}

SimulationReport Simulation::run(int crashes, std::int64_t minutes) {
  const auto begun = clock_.monotonic_ms();
  const auto crashing = std::exchange(faults_.crashes, false);
  const auto failing = std::exchange(faults_.commit_failures, false);
  try {
    boot();
    make_class();
    pass_until(clock_.monotonic_ms() + 100);
    faults_.crashes = crashing;
    faults_.commit_failures = failing;
    host_.set_faults(faults_.mail);
    while (report_.crashes < crashes && clock_.monotonic_ms() - begun < minutes * 60'000) {
      act();
      pass_until(clock_.monotonic_ms() + 1 +
                 static_cast<std::int64_t>(random_.below(one_in(4) ? 1'200'000 : 40'000)));
    }
    come_to_rest();
  } catch (const Broken& broken) {
    report_.violation = broken.what;
  }
  report_.settled_runs = auditor_.settled_runs();
  report_.turns = auditor_.turns();
  report_.virtual_minutes = (clock_.monotonic_ms() - begun) / 60'000;
  report_.chain = durable().last_chain;
  return report_;
}

}  // namespace stipend::control
