// What renewing leases costs in CPU time: N accounts, one running machine each, in the server's own engine, guard, reconciler
// and store, on the disk of TMPDIR; a provider that confirms each lease at once takes the host's place. Measured are all
// threads of the process, for
//   renewal  every lease renewed once, until each is confirmed and durable
//   reports  what every machine says in a minute, twice, of which one figure is written
//   idle     a minute of the guard's and the reconciler's ticks in which nothing is due
#include <fmt/format.h>

#include <atomic>
#include <mutex>
#include <thread>
#include <unordered_map>

#include "base/log.hpp"
#include "control/commands/instances.hpp"
#include "control/engine_impl.hpp"
#include "control/guard.hpp"
#include "control/reconciler.hpp"
#include "domain/lease.hpp"
#include "money.hpp"
#include "store/sqlite/sqlite_store.hpp"
#include "store/test_folder.hpp"

namespace {

using namespace stipend;
using namespace stipend::bench;

// Answers every call at once.
class Echo final : public compute::Provider {
 public:
  explicit Echo(const base::Clock& clock) : clock_(clock) {}
  void open(std::int64_t, compute::ReportSink sink) override { sink_ = std::move(sink); }
  void start(compute::StartSpec spec) override {
    {
      const std::lock_guard lock(guard_);
      began_ms_[spec.key.instance] = clock_.monotonic_ms() - 1'000;
      leases_[spec.key] = spec.lease.seq;
    }
    report(spec.key, spec.lease.seq);
  }
  void renew(compute::RunKey key, std::int64_t, compute::Lease lease) override {
    {
      const std::lock_guard lock(guard_);
      leases_[key] = lease.seq;
    }
    report(key, lease.seq);
  }
  void stop(compute::RunKey, std::int64_t, compute::StopWish) override {}
  void reboot(compute::RunKey, std::int64_t, std::string) override {}
  void acknowledge(compute::RunKey, std::int64_t) override {}
  void delete_disk(base::DiskId, std::int64_t, compute::DoneSink done) override { done({}); }
  void snapshot_disk(base::DiskId, base::DiskId, std::int64_t, compute::SizeSink done) override { done(1); }
  void set_public_address(compute::RunKey, std::int64_t, std::string, compute::DoneSink done) override { done({}); }
  void console_output(base::InstanceId, compute::TextSink done) override { done(std::string()); }
  void resync(std::vector<compute::RunKey>) override {}
  base::Result<compute::AddressRanges> address_ranges() override { return compute::AddressRanges{"10.96.0.0/12", "127.96.0.0/12"}; }
  base::Result<compute::HostRoom> room() override { return compute::HostRoom{host_, "b", 10'000'000, 1LL << 50, 1LL << 40, 1LL << 40}; }
  std::int64_t confirmed() const { return confirmed_; }
  // What a host tells of every machine all the time.
  void report_all(const std::function<void()>& pause) {
    std::vector<std::pair<compute::RunKey, std::int64_t>> known;
    {
      const std::lock_guard lock(guard_);
      known.assign(leases_.begin(), leases_.end());
    }
    std::size_t told = 0;
    for (const auto& [key, seq] : known) {
      report(key, seq);
      if (++told % 4'096 == 0) pause();
    }
  }

 private:
  void report(const compute::RunKey& key, std::int64_t seq) {
    compute::Report said;
    said.key = key;
    said.phase = compute::Phase::kRunning;
    said.host = host_;
    said.boot_id = "b";
    said.lease_seq = seq;
    {
      const std::lock_guard lock(guard_);
      said.ran = {(clock_.monotonic_ms() - began_ms_[key.instance]) / 1000};
    }
    ++confirmed_;
    sink_(std::move(said));
  }
  const base::Clock& clock_;
  base::SeededRandom random_{7};
  base::HostId host_ = base::make_id<base::HostId>(random_);
  compute::ReportSink sink_;
  std::mutex guard_;
  std::unordered_map<base::InstanceId, std::int64_t> began_ms_;
  std::map<compute::RunKey, std::int64_t> leases_;
  std::atomic<std::int64_t> confirmed_ = 0;
};

class Server {
 public:
  explicit Server(std::int64_t machines)
      : machines_(machines),
        echo_(clock_),
        store_(*store::open_sqlite(folder_.path())),
        engine_(*store_, *store_->load(), clock_, school_.random),
        guard_(engine_, clock_, engine_.counters()),
        reconciler_(engine_, echo_, clock_, store_->epoch(), engine_.counters(), [this](const base::AccountId& account) { guard_.renew_soon(account); }) {
    engine_.start({[this](std::vector<control::Effect> effects) { reconciler_.perform(std::move(effects)); }, [](const std::string& why) { die(why); }});
    reconciler_.open();
    const auto run = [this](const control::Actor& actor, control::Engine::Plan plan) { submit(actor, std::move(plan)); };
    school_.open(run);
    for (std::int64_t i = 0; i < machines; ++i) {
      school_.add(run, 1, base::Money::dollars(100));
      if (i % 100 == 99) settle();
    }
    settle();
    while (!reconciler_.not_ready().empty()) pass(1'000);
    for (const auto& account : school_.accounts)
      submit(School::as(account), [this](control::Tx& tx) -> base::Status {
        control::LaunchRequest request;
        request.image = school_.image;
        request.type = "t2.micro";
        TRY(control::launch(tx, request));
        return {};
      });
    settle();
    until([&] { return echo_.confirmed() >= machines_; });
    pass(1'000);
    renewed_ms_ = clock_.monotonic_ms();
  }
  ~Server() { engine_.stop(); }

  // CPU seconds.
  double renew_all() {
    clock_.advance_ms(renewed_ms_ + domain::kRenewSeconds * 1000 - 20'000 - clock_.monotonic_ms());
    echo_.report_all([this] { settle(); });
    settle();
    clock_.advance_ms(10'000);
    pass(1'000);
    const auto before = echo_.confirmed();
    const auto from = cpu_s();
    clock_.advance_ms(15'000);
    until([&] { return echo_.confirmed() - before >= machines_; });
    const auto spent = cpu_s() - from;
    renewed_ms_ = clock_.monotonic_ms();
    return spent;
  }
  double reports_of_a_minute() {
    const auto from = cpu_s();
    for (int i = 0; i < 2; ++i) {
      clock_.advance_ms(30'000);
      echo_.report_all([this] { settle(); });
      settle();
    }
    return cpu_s() - from;
  }
  double idle_minute() {
    const auto from = cpu_s();
    for (int i = 0; i < 60; ++i) pass(1'000);
    return cpu_s() - from;
  }

 private:
  void pass(std::int64_t ms) {
    clock_.advance_ms(ms);
    reconciler_.tick();
    guard_.tick();
    settle();
  }
  void until(const std::function<bool()>& so) {
    while (!so()) pass(1'000);
    settle();
  }
  // A few commands under way at a time; the server's own wait in its queue.
  void submit(const control::Actor& actor, control::Engine::Plan plan) {
    while (in_flight_ >= 200) std::this_thread::sleep_for(std::chrono::microseconds(200));
    ++in_flight_;
    engine_.submit(actor, std::move(plan), [this](base::Status status) {
      must(status, "a command");
      --in_flight_;
    });
  }
  // Until nothing is under way: a read answers after all before it, and commands of answers come before the next read.
  void settle() {
    auto& counters = engine_.counters();
    for (;;) {
      const auto before = counters.commands.load();
      std::atomic<bool> answered = false;
      engine_.read(kAdmin, [](const domain::State&, base::WallTime) -> base::Status { return {}; }, [&](base::Status) { answered = true; });
      while (!answered) std::this_thread::sleep_for(std::chrono::microseconds(100));
      if (in_flight_ == 0 && counters.commands.load() == before) return;
    }
  }

  std::int64_t machines_;
  store::TestFolder folder_;
  base::ManualClock clock_;
  School school_;
  Echo echo_;
  std::unique_ptr<store::Store> store_;
  control::EngineImpl engine_;
  control::Guard guard_;
  control::Reconciler reconciler_;
  std::atomic<std::int64_t> in_flight_ = 0;
  std::int64_t renewed_ms_ = 0;
};

}  // namespace

// lease_bench [MACHINES [ROUNDS]]
int main(int argc, char** argv) {
  base::log::set_level(base::log::Level::kError);
  const std::int64_t machines = argc > 1 ? std::atoll(argv[1]) : 100'000;
  const int rounds = argc > 2 ? std::atoi(argv[2]) : 3;
  Server server(machines);
  std::vector<double> renewal, idle, reports;
  for (int round = 0; round < rounds; ++round) {
    renewal.push_back(server.renew_all());
    idle.push_back(server.idle_minute());
    reports.push_back(server.reports_of_a_minute());
  }
  fmt::print(R"({{"machines":{},"renewal_s":{:.3f},"idle_s":{:.3f},"reports_s":{:.3f}}})" "\n", machines, percentile(renewal, 0.5), percentile(idle, 0.5),
             percentile(reports, 0.5));
}
