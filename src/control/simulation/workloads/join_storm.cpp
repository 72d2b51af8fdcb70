// A class joins by a code that carries credit, all within minutes, some of them twice and more than the code allows; each
// starts a machine at once. No identifier may join twice, no code be used beyond its uses, no credit come from nowhere.
#include <fmt/format.h>

#include "control/commands/accounts.hpp"
#include "control/commands/join.hpp"
#include "control/simulation/people.hpp"

namespace stipend::control {
namespace {

class JoinStorm final : public Workload {
 public:
  explicit JoinStorm(Size size) : size_(size) {}

  void set_up(World& world) override {
    const auto made = make_class(world, "storm", 1, 1'000'000'000, 1'000'000'000);
    credit_ = world.between(10'000'000, 600'000'000);
    uses_ = std::max<std::int64_t>(1, size_.students - world.between(0, 3));
    world.now([&](Tx& tx) -> base::Status {
      TRY_ASSIGN(const auto code, make_join_code(tx, {"storm", "", {credit_}, uses_, tx.now().plus_seconds(200 * 86'400)}));
      code_ = code->code;
      return {};
    });
  }

  void start(World& world) override {
    const auto begins = world.now_ms() + world.between(0, std::max<std::int64_t>(size_.weeks * 7 - 1, 0)) * kDayMs + kHourMs;
    for (std::int64_t i = 0; i < size_.students; ++i)
      for (std::int64_t press = world.one_in(3) ? 2 : 1; press > 0; --press)
        world.at(begins + world.between(0, 5 * kMinuteMs), [&world, this, i] { enter(world, fmt::format("student-{}", i), 5); });
  }

  void check(World& world) override {
    const auto* code = world.durable().find<domain::JoinCode>(code_);
    world.must(code != nullptr && code->uses <= uses_, "a code was used more often than it may be");
    std::set<std::string> identifiers;
    std::int64_t members = 0;
    for (const auto& [id, account] : world.durable().accounts) {
      const auto* person = world.durable().find<domain::Person>(account->person);
      if (!person || !person->identifier.starts_with("student-") || account->course != code->course) continue;
      ++members;
      world.must(identifiers.insert(person->identifier).second, person->identifier + " joined twice");
      std::int64_t of_the_code = 0;
      for (const auto& grant : world.durable().grants_of.at(id))
        if (const auto* row = world.durable().find<domain::Grant>(grant); row->source == "code") of_the_code += row->amount.nano;
      world.must(of_the_code == credit_, fmt::format("{} has {} by the code, not {}", id.view(), of_the_code, credit_));
    }
    world.must(members == code->uses, fmt::format("{} members joined, the code counts {}", members, code->uses));
    for (const auto& account : joined_) world.must(world.durable().accounts.contains(account), account.str() + ": joined, and lost by a crash");
  }

 private:
  void enter(World& world, const std::string& who, int patience) {
    auto joined = std::make_shared<base::AccountId>();
    world.submit(
        {.who = "visitor", .via = "console", .request_id = "sim", .account = {}},
        [this, who, joined](Tx& tx) -> base::Status {
          TRY_ASSIGN(const auto made, join(tx, code_, who));
          *joined = made.account;
          return {};
        },
        [&world, this, who, joined, patience](base::Status status) {
          if (status) {
            joined_.insert(*joined);
            world.promised(*joined, {credit_});
            begin(world, *joined);
          } else if (patience > 0 && (status.error().code == "ServerDown" || status.error().code == "ServiceUnavailable")) {
            world.in(world.between(5'000, 5 * kMinuteMs), [&world, this, who, patience] { enter(world, who, patience - 1); });
          }
        });
  }
  void begin(World& world, const base::AccountId& account) {
    Wish wish{.type = any_type(world, true)};
    if (world.one_in(2)) wish.press = "first";
    world.in(world.between(1'000, kMinuteMs), [&world, account, wish] { begin_work(world, account, wish); });
    world.in(world.between(kHourMs, 30 * kHourMs), [&world, account] { end_work(world, account, false); });
  }

  Size size_;
  std::string code_;
  std::int64_t credit_ = 0, uses_ = 0;
  std::set<base::AccountId> joined_;
};

}  // namespace

WorkloadPtr make_join_storm(Size size) { return std::make_unique<JoinStorm>(size); }

}  // namespace stipend::control
