// How long the server takes to say an account's balance, how long its credit lasts, and what a month cost it, as its course's
// ledger grows to a million entries, a tenth of them of one account: through the engine and the server's own store, on the
// disk of TMPDIR. Every second account runs a machine.
#include <fmt/format.h>

#include <condition_variable>
#include <mutex>

#include "control/commands/instances.hpp"
#include "control/engine_impl.hpp"
#include "domain/figures.hpp"
#include "money.hpp"
#include "store/sqlite/sqlite_store.hpp"
#include "store/test_folder.hpp"

namespace {

using namespace stipend;
using namespace stipend::bench;

constexpr std::int64_t kAccounts = 400, kReads = 20'000, kMonths = 5'000, kAtOnce = 1'000;
constexpr std::int64_t kDayMs = 86'400'000;

class Ledger {
 public:
  Ledger()
      : store_(*store::open_sqlite(folder_.path())),
        engine_(*store_, *store_->load(), clock_, school_.random, {.queue_per_account = 1000, .queue_system = 10'000, .commands_per_second = 1e6, .commands_burst = 1e6, .batch_max = 256}) {
    engine_.start({});
    const auto run = [this](const control::Actor& actor, control::Engine::Plan plan) { this->run(actor, std::move(plan)); };
    school_.open(run);
    school_.add(run, kAccounts, base::Money::dollars(100'000));
    for (std::size_t i = 0; i < school_.accounts.size(); ++i) {
      machines_.push_back(base::make_id<base::InstanceId>(school_.random).str());
      if (i % 2 == 0)
        run(School::as(school_.accounts[i]), [&](control::Tx& tx) -> base::Status {
          control::LaunchRequest request;
          request.image = school_.image;
          request.type = "t2.micro";
          TRY(control::launch(tx, request));
          return {};
        });
    }
  }
  ~Ledger() { engine_.stop(); }

  void grow_to(std::int64_t entries) {
    while (made_ < entries)
      run(kAdmin, [this](control::Tx& tx) -> base::Status {
        for (std::int64_t i = 0; i < kAtOnce; ++i, ++made_) {
          const auto others = made_ / 10 * 9 + made_ % 10;
          const auto who = made_ % 10 == 0 ? 0 : static_cast<std::size_t>(others % kAccounts);
          transfer(tx, school_.accounts[who], machines_[who], made_, {tx.now().ms - made_ / 7 % 30 * kDayMs});
        }
        return {};
      });
  }

  // Milliseconds, of each.
  std::vector<double> balances(bool runway) {
    std::vector<double> took;
    for (std::int64_t i = 0; i < kReads; ++i) {
      const auto& account = of(i);
      base::Money balance;
      const auto from = wall_s();
      read([&](const domain::State& state, base::WallTime now) {
        const auto figures = runway ? domain::figures(state, account, now) : domain::figures_without_runway(state, account, now);
        balance = figures.balance;
      });
      took.push_back((wall_s() - from) * 1e3);
      if (balance <= base::Money{}) die("an account without credit");
    }
    return took;
  }
  // And CPU of the reading thread, for computers that do other things meanwhile.
  std::pair<std::vector<double>, std::vector<double>> months() {
    std::vector<double> took, spent;
    const auto month = base::WallTime{clock_.wall().ms - 30 * kDayMs}, end = base::WallTime{clock_.wall().ms + kDayMs};
    for (std::int64_t i = 0; i < kMonths; ++i) {
      const auto from = wall_s(), cpu = thread_cpu_s();
      const auto days = store_->usage({of(i), month, end});
      spent.push_back((thread_cpu_s() - cpu) * 1e3);
      took.push_back((wall_s() - from) * 1e3);
      if (!days || days->empty()) die("an account without costs");
    }
    return {std::move(took), std::move(spent)};
  }

 private:
  // Every third the one that has most.
  const base::AccountId& of(std::int64_t i) const { return school_.accounts[i % 3 == 0 ? 0 : static_cast<std::size_t>(i) % school_.accounts.size()]; }

  template <class Submit>
  void wait(Submit submit, const char* what) {
    std::mutex mutex;
    std::condition_variable answered;
    std::optional<base::Status> answer;
    submit([&](base::Status status) {
      const std::lock_guard lock(mutex);
      answer = std::move(status);
      answered.notify_one();
    });
    std::unique_lock lock(mutex);
    answered.wait(lock, [&] { return answer.has_value(); });
    must(*answer, what);
  }
  void run(const control::Actor& actor, control::Engine::Plan plan) {
    wait([&](auto done) { engine_.submit(actor, std::move(plan), std::move(done)); }, "a command");
  }
  template <class Look>
  void read(Look look) {
    wait(
        [&](auto done) {
          engine_.read(
              kAdmin,
              [&](const domain::State& state, base::WallTime now) -> base::Status {
                look(state, now);
                return {};
              },
              std::move(done));
        },
        "a read");
  }

  store::TestFolder folder_;
  base::SystemClock clock_;
  School school_;
  std::unique_ptr<store::Store> store_;
  control::EngineImpl engine_;
  std::vector<std::string> machines_;
  std::int64_t made_ = 0;
};

std::string json(std::vector<double> took) {
  const auto p50 = percentile(took, 0.5);
  return fmt::format(R"({{"p50_ms":{:.4f},"p99_ms":{:.4f}}})", p50, percentile(took, 0.99));
}

}  // namespace

int main() {
  Ledger ledger;
  std::string out;
  for (const std::int64_t entries : {10'000, 100'000, 1'000'000}) {
    ledger.grow_to(entries);
    auto [took, spent] = ledger.months();
    out += fmt::format(R"({}"{}":{{"balance":{},"runway":{},"month":{},"month_cpu":{}}})", out.empty() ? "" : ",", entries, json(ledger.balances(false)),
                       json(ledger.balances(true)), json(std::move(took)), json(std::move(spent)));
  }
  fmt::print("{{{}}}\n", out);
}
