#include "control/simulation/people.hpp"

#include <algorithm>
#include <array>

#include "control/commands/accounts.hpp"
#include "control/commands/instances.hpp"
#include "control/commands/queue.hpp"

namespace stipend::control {
namespace {

bool is_worth_another_try(const base::Error& error) {
  return error.code == "ServerDown" || error.code == "ServiceUnavailable" || error.code == "VolumeInUse" || error.code == "IncorrectInstanceState" ||
         error.code == "InsufficientInstanceCapacity" || error.code == "Server.InternalError";
}

std::vector<base::InstanceId> machines_of(const domain::State& state, const base::AccountId& account, bool running) {
  std::vector<base::InstanceId> out;
  if (const auto of = state.instances_of.find(account); of != state.instances_of.end())
    for (const auto& id : of->second) {
      const auto& row = *state.find<domain::Instance>(id);
      if (running ? row.run.has_value() : row.state == domain::InstanceState::kStopped) out.push_back(id);
    }
  return out;
}

void launch_some(World& world, const base::AccountId& account, const Wish& wish, Engine::Done done) {
  LaunchRequest request;
  request.image = world.image();
  request.type = wish.type;
  request.max_count = wish.count;
  request.terminate_on_guest_shutdown = world.one_in(8);
  request.delete_root_on_termination = !world.one_in(6);
  auto made = std::make_shared<std::vector<base::InstanceId>>();
  auto place = std::make_shared<std::string>();
  auto plan = [=, image = world.image()](Tx& tx) -> base::Status {
    if (wish.press.empty()) {
      TRY_ASSIGN(const auto launched, launch(tx, request));
      for (const auto& instance : launched.instances) made->push_back(instance->id);
      return {};
    }
    TRY_ASSIGN(const Begun begun, launch_or_wait(tx, page_launch({image, wish.type, "mine", "", wish.press})));
    if (begun.instance) made->push_back(*begun.instance);
    *place = begun.place;
    return {};
  };
  world.submit(world.as(account, wish.press.empty() ? "aws" : "console"), plan, [&world, made, place, done = std::move(done)](base::Status status) mutable {
    if (status) {
      for (const auto& id : *made) world.promised(id);
      world.promised_place(*place);
    }
    done(std::move(status));
  });
}

void start_one(World& world, const base::AccountId& account, const base::InstanceId& id, const Wish& wish, Engine::Done done) {
  auto place = std::make_shared<std::string>();
  auto plan = [=, page = !wish.press.empty()](Tx& tx) -> base::Status {
    if (!page) {
      TRY(start(tx, {id}, false));
      return {};
    }
    TRY_ASSIGN(const Begun begun, start_or_wait(tx, id));
    *place = begun.place;
    return {};
  };
  world.submit(world.as(account, wish.press.empty() ? "aws" : "console"), plan, [&world, place, done = std::move(done)](base::Status status) mutable {
    if (status) world.promised_place(*place);
    done(std::move(status));
  });
}

}  // namespace

std::string any_type(World& world, bool cheap) {
  // In both catalogues.
  constexpr std::array kCheap{"t2.nano", "t2.micro", "t2.small", "m1.small", "t2.medium"};
  constexpr std::array kDear{"t2.medium", "m4.large", "c4.large", "m4.xlarge"};
  return cheap ? kCheap[world.random().below(kCheap.size())] : kDear[world.random().below(kDear.size())];
}

Class make_class(World& world, const std::string& name, std::int64_t students, std::int64_t credit_least, std::int64_t credit_most) {
  NewCourse course{.name = name};
  course.plan = world.one_in(2) ? domain::RatePlan::kPerHour : domain::RatePlan::kPerSecond;
  course.catalogue = world.one_in(2) ? "2017" : "2026";
  course.grace_s = world.one_in(2) ? 14 * 86'400 : world.between(0, 3) * 86'400 + world.between(0, 3'000);
  course.homes = world.one_in(2) ? domain::HomePolicy::kKeep : domain::HomePolicy::kMachine;
  course.home_gib = world.between(1, 10);
  world.now([&](Tx& tx) -> base::Status {
    TRY(create_course(tx, course));
    return {};
  });
  constexpr std::int64_t kAtOnce = 500;
  Class out{name, {}};
  for (std::int64_t from = 0; from < students; from += kAtOnce)
    world.now([&](Tx& tx) -> base::Status {
      for (auto i = from; i < std::min(students, from + kAtOnce); ++i) {
        const base::Money credit{world.between(credit_least, credit_most)};
        TRY_ASSIGN(const auto made, create_account(tx, world.vault(), {.course = name, .name = "somebody", .credit = credit}));
        out.students.push_back(made.account);
      }
      return {};
    });
  return out;
}

void begin_work(World& world, const base::AccountId& account, const Wish& wish) {
  if (!machines_of(world.durable(), account, true).empty()) return;
  auto done = [&world, account, wish](base::Status status) {
    if (status || world.is_ending()) return;
    if (status.error().code == "InsufficientCredit") {
      if (!wish.asks_for_credit) return;
      world.in(world.between(kMinuteMs, 30 * kMinuteMs), [&world, account] { give(world, account, world.between(50'000'000, 1'000'000'000), "asked"); });
      auto again = wish;
      again.asks_for_credit = false;
      world.in(40 * kMinuteMs, [&world, account, again] { begin_work(world, account, again); });
    } else if (wish.patience > 0 && is_worth_another_try(status.error())) {
      auto again = wish;
      --again.patience;
      world.in(world.between(20'000, 5 * kMinuteMs), [&world, account, again] { begin_work(world, account, again); });
    }
  };
  const auto stopped = machines_of(world.durable(), account, false);
  if (stopped.empty()) launch_some(world, account, wish, std::move(done));
  else start_one(world, account, stopped[world.random().below(stopped.size())], wish, std::move(done));
}

void end_work(World& world, const base::AccountId& account, bool terminates, int patience) {
  const auto running = machines_of(world.durable(), account, true);
  if (running.empty()) return;
  world.submit(
      world.as(account),
      [=](Tx& tx) -> base::Status {
        if (terminates) {
          TRY(terminate(tx, running, false));
        } else {
          TRY(stop(tx, {.ids = running, .force = false}));
        }
        return {};
      },
      [&world, account, terminates, patience](base::Status status) {
        if (status || patience == 0 || world.is_ending() || !is_worth_another_try(status.error())) return;
        world.in(world.between(20'000, 3 * kMinuteMs), [&world, account, terminates, patience] { end_work(world, account, terminates, patience - 1); });
      });
}

void give(World& world, const base::AccountId& account, std::int64_t nano, const char* why) {
  if (nano == 0) return;
  world.submit(
      World::admin(),
      [=](Tx& tx) -> base::Status {
        TRY(grant(tx, account, {nano}, why));
        return {};
      },
      [&world, account, nano](base::Status status) {
        if (status && nano > 0) world.promised(account, {nano});
      });
}

}  // namespace stipend::control
