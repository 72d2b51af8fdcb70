// Durable commits: a launch through the engine against the same rows written by plain prepared SQLite
// statements, both with WAL and full sync, on the disk of TMPDIR. And a state of 10,000 instances: time to
// load, bytes of heap.
#include <benchmark/benchmark.h>
#include <malloc.h>

#include <condition_variable>
#include <mutex>

#include "base/clock.hpp"
#include "base/random.hpp"
#include "control/commands/accounts.hpp"
#include "control/commands/instances.hpp"
#include "control/commands/room.hpp"
#include "control/engine_impl.hpp"
#include "control/inline_engine.hpp"
#include "control/vault.hpp"
#include "store/memory/memory_store.hpp"
#include "store/sqlite/migrations.hpp"
#include "store/sqlite/sqlite_store.hpp"
#include "store/sqlite/tables.hpp"
#include "store/test_folder.hpp"

namespace {

using namespace stipend;
using base::Status;

// Keeps every batch.
class KeepingStore final : public store::Store {
 public:
  base::Result<domain::State> load() override { return inner_.load(); }
  std::int64_t epoch() const override { return inner_.epoch(); }
  store::CommitResult commit(const store::Batch& batch) override {
    batches.push_back(batch);
    return {store::Outcome::kCommitted, {}};
  }
  std::string degraded() const override { return {}; }
  void tend() override {}
  base::Result<std::vector<domain::Entry>> entries(store::EntryQuery q) override { return inner_.entries(q); }
  base::Result<std::vector<domain::Audit>> audits(store::AuditQuery q) override { return inner_.audits(q); }
  base::Result<std::vector<domain::UsageDay>> usage(store::UsageQuery q) override { return inner_.usage(q); }
  std::vector<store::Batch> batches;

 private:
  store::MemoryStore inner_{std::make_shared<store::MemoryDisk>()};
};

// A class of accounts with much credit on a host with much room.
struct Class {
  base::SystemClock clock;
  base::SeededRandom random{5};
  control::Vault vault{{}};
  base::ImageId image = base::make_id<base::ImageId>(random);
  std::vector<base::AccountId> accounts;

  std::vector<control::Engine::Plan> plans(int count) {
    std::vector<control::Engine::Plan> out;
    out.push_back([this](control::Tx& tx) -> Status {
      domain::Image row;
      row.id = image;
      row.name = "minimal";
      TRY(control::register_image(tx, row));
      TRY(control::set_addresses(tx, {"10.0.0.0/15", "10.8.0.0/15"}));
      TRY(control::set_room(
          tx, {base::make_id<base::HostId>(tx.random()), "b", 100'000, 1LL << 40, 1LL << 40}, {}));
      TRY(control::create_course(tx, {.name = "c"}));
      return {};
    });
    for (int i = 0; i < count; ++i)
      out.push_back([this](control::Tx& tx) -> Status {
        TRY_ASSIGN(auto made,
                   control::create_account(
                       tx, vault, {.course = "c", .name = "s", .credit = base::Money::dollars(100'000)}));
        accounts.push_back(made.account);
        return {};
      });
    return out;
  }
  control::Actor actor(std::size_t i) const {
    return {.who = accounts[i % accounts.size()].str(),
            .via = "aws",
            .request_id = "bench",
            .account = accounts[i % accounts.size()]};
  }
  control::Engine::Plan launch_one() const {
    return [this](control::Tx& tx) -> Status {
      control::LaunchRequest request;
      request.image = image;
      request.type = "t2.micro";
      TRY(control::launch(tx, request));
      return {};
    };
  }
};

const control::Actor kAdmin{.who = "uid:0", .via = "admin", .request_id = {}, .account = {}};
constexpr int kAccounts = 500;

// The batches of so many launches, after those that make the class.
std::vector<store::Batch> launches(int count) {
  Class people;
  KeepingStore keeping;
  control::InlineEngine engine(keeping, *keeping.load(), people.clock, people.random);
  const auto run = [&](control::Actor actor, control::Engine::Plan plan) {
    engine.submit(std::move(actor), std::move(plan), [](Status status) {
      if (!status) std::abort();
    });
    engine.pump(1, false);
  };
  for (auto& plan : people.plans(kAccounts)) run(kAdmin, std::move(plan));
  for (int i = 0; i < count; ++i) run(people.actor(static_cast<std::size_t>(i)), people.launch_one());
  return std::move(keeping.batches);
}

void RawSqlite(benchmark::State& state) {
  static const auto batches = launches(4000);
  store::TestFolder folder;
  auto database = store::sqlite::Database::open(folder.path() + "/raw.db", store::sqlite::Open::kWriter);
  database->execute("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=4000;");
  if (!store::sqlite::migrate(*database)) std::abort();
  store::sqlite::Tables tables;
  if (!tables.prepare(*database)) std::abort();
  auto begin = *database->prepare("BEGIN IMMEDIATE"), end = *database->prepare("COMMIT");
  std::size_t next = 0;
  const auto write = [&](const store::Batch& batch) {
    begin.step();
    if (tables.write(batch) != SQLITE_DONE) std::abort();
    end.step();
  };
  while (next <= kAccounts) write(batches[next++]);  // the class
  for (auto _ : state) {
    if (next == batches.size()) {
      state.SkipWithError("out of batches");
      break;
    }
    write(batches[next++]);
  }
  state.counters["rows"] = static_cast<double>(batches.back().size());
}
BENCHMARK(RawSqlite)->UseRealTime()->Iterations(1500)->Repetitions(3)->ReportAggregatesOnly();

// So many launches in flight at a time, each answered when durable.
void Engine(benchmark::State& state) {
  const auto width = static_cast<std::size_t>(state.range(0));
  store::TestFolder folder;
  auto store = *store::open_sqlite(folder.path());
  Class people;
  control::EngineImpl engine(*store, *store->load(), people.clock, people.random,
                             {.queue_per_account = 1000,
                              .queue_system = 10'000,
                              .commands_per_second = 1e6,
                              .commands_burst = 1e6,
                              .batch_max = 256});
  engine.start({});
  std::mutex mutex;
  std::condition_variable answered;
  std::size_t in_flight = 0;
  const auto submit = [&](control::Actor actor, control::Engine::Plan plan) {
    std::unique_lock lock(mutex);
    answered.wait(lock, [&] { return in_flight < width; });
    ++in_flight;
    lock.unlock();
    engine.submit(std::move(actor), std::move(plan), [&](Status status) {
      if (!status) std::abort();
      const std::lock_guard done(mutex);
      --in_flight;
      answered.notify_one();
    });
  };
  const auto settle = [&] {
    std::unique_lock lock(mutex);
    answered.wait(lock, [&] { return in_flight == 0; });
  };
  for (auto& plan : people.plans(kAccounts)) submit(kAdmin, std::move(plan)), settle();
  std::size_t i = 0;
  for (auto _ : state) submit(people.actor(i++), people.launch_one());
  settle();
  const auto& counters = engine.counters();
  state.counters["commands_per_commit"] =
      static_cast<double>(counters.commands) / static_cast<double>(counters.commits);
  engine.stop();
}
BENCHMARK(Engine)
    ->Arg(1)
    ->Arg(16)
    ->Arg(64)
    ->UseRealTime()
    ->Iterations(1500)
    ->Repetitions(3)
    ->ReportAggregatesOnly();

void Load10000Instances(benchmark::State& state) {
  static const auto batches = launches(10'000);
  store::TestFolder folder;
  {
    auto store = *store::open_sqlite(folder.path());
    if (!store->load()) std::abort();
    store::Batch all;
    for (const auto& batch : batches) all.insert(all.end(), batch.begin(), batch.end());
    if (store->commit(all).outcome != store::Outcome::kCommitted) std::abort();
  }
  std::size_t bytes = 0;
  for (auto _ : state) {
    auto store = *store::open_sqlite(folder.path());
    const auto before = mallinfo2();
    const auto loaded = *store->load();
    const auto after = mallinfo2();
    bytes = after.uordblks + after.hblkhd - before.uordblks - before.hblkhd;
    if (loaded.instances.size() != 10'000) std::abort();
  }
  state.counters["heap_MiB"] = static_cast<double>(bytes) / 1024 / 1024;
}
BENCHMARK(Load10000Instances)->UseRealTime()->Iterations(5)->Unit(benchmark::kMillisecond);

}  // namespace
