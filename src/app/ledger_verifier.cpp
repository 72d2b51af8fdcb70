#include "app/ledger_verifier.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <chrono>

#include "control/await.hpp"
#include "control/head.hpp"
#include "store/sqlite/snapshot.hpp"

namespace stipend::app {

using Json = nlohmann::ordered_json;
using base::Fault;

namespace {

constexpr int kNice = 10;  // people's requests come first
constexpr std::size_t kRepeatsShown = 10;

Json to_json(const std::vector<ledger::Verdict>& verdicts) {
  Json out = Json::array();
  for (const auto& verdict : verdicts)
    out.push_back({{"check", verdict.name},
                   {"rule", verdict.rule},
                   {"ok", verdict.ok()},
                   {"figures", verdict.figures},
                   {"found", verdict.found},
                   {"findings", verdict.findings}});
  return out;
}

}  // namespace

base::Result<Json> verify_ledger(const std::string& folder, std::optional<ledger::InMemory> held, base::WallTime now,
                                 const std::atomic<bool>& stop) {
  const auto begun = std::chrono::steady_clock::now();
  TRY_ASSIGN(auto snapshot, store::sqlite::Snapshot::open(folder));
  TRY_ASSIGN(const auto state, snapshot.rows());
  TRY_ASSIGN(const auto with_policy, snapshot.courses_with_policy());
  const ledger::Rows rows{state, std::max(now, control::Head::high_water(state)), with_policy, true};
  ledger::Verification verification(rows, std::move(held));
  TRY(snapshot.each_entry(
      [&](domain::Entry entry) {
        verification.add(std::move(entry));
        return !stop.load(std::memory_order_relaxed);
      },
      [&](std::int64_t number, const std::string& why) {
        verification.add_damaged(number, why);
        return true;
      }));
  TRY(snapshot.each_usage_day([&](const domain::UsageDay& kept) {
    verification.add_usage(kept);
    return !stop.load(std::memory_order_relaxed);
  }));
  if (stop) return base::fail(Fault::kUnavailable, "ServerEnds", "the server ended before the ledger was read; ask again");
  ledger::Repeats repeats;
  TRY_ASSIGN(repeats.refused, snapshot.refuses_repeated_postings());
  TRY_ASSIGN(repeats.postings, snapshot.repeated_postings(kRepeatsShown));
  const auto verdicts = verification.end(repeats);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begun;
  return Json{{"ok", std::ranges::all_of(verdicts, &ledger::Verdict::ok)},
              {"entries", verification.entries()},
              {"seconds", took.count()},
              {"checks", to_json(verdicts)}};
}

LedgerVerifier::~LedgerVerifier() {
  stop_ = true;
  if (thread_.joinable()) thread_.join();
}

boost::asio::awaitable<base::Result<Json>> LedgerVerifier::run(ledger::InMemory held, base::WallTime now) {
  if (busy_.exchange(true))
    co_return base::fail(Fault::kConflict, "AlreadyVerifying", "the ledger is being verified already; ask again when that has ended");
  if (thread_.joinable()) thread_.join();  // it has answered
  co_return co_await control::from_callback<Json>([this, &held, now](auto answer) {
    thread_ = std::thread([this, held = std::move(held), now, answer = std::move(answer)]() mutable {
      setpriority(PRIO_PROCESS, static_cast<id_t>(gettid()), kNice);
      auto result = verify_ledger(folder_, std::move(held), now, stop_);
      busy_ = false;
      answer(std::move(result));
    });
  });
}

}  // namespace stipend::app
