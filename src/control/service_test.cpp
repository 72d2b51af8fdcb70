// The whole of control over the fake provider, in real time.
#include "control/service.hpp"

#include <gtest/gtest.h>

#include <future>

#include "base/clock.hpp"
#include "base/random.hpp"
#include "compute/fake/fake_provider.hpp"
#include "control/commands/accounts.hpp"
#include "control/commands/addresses.hpp"
#include "control/commands/instances.hpp"
#include "control/vault.hpp"
#include "store/memory/memory_store.hpp"

namespace stipend::control {
namespace {

using domain::InstanceState;

class ServiceTest : public testing::Test {
 protected:
  void begin() {
    compute::FakeOptions fast;
    fast.hook_ms = fast.halt_ms = 20;
    auto made = Service::start(std::make_unique<store::MemoryStore>(disk_),
                               compute::make_fake_provider(clock_, random_, fast), clock_, random_, {});
    ASSERT_TRUE(made) << made.error().message;
    service_ = std::move(*made);
    ASSERT_TRUE(eventually([&] { return service_->not_ready().empty(); }));
  }
  template <class R, class Plan>
  base::Result<R> run(Actor actor, Plan plan) {
    auto promise = std::make_shared<std::promise<void>>();
    auto slot = std::make_shared<std::optional<base::Result<R>>>();
    service_->engine().submit(
        std::move(actor),
        [slot, plan](Tx& tx) -> base::Status {
          slot->emplace(plan(tx));
          if (!**slot) return std::unexpected((*slot)->error());
          return {};
        },
        [slot, promise](base::Status status) {
          if (!status) slot->emplace(std::unexpected(status.error()));
          promise->set_value();
        });
    promise->get_future().wait();
    return std::move(**slot);
  }
  InstanceState state_of(const base::InstanceId& id) {
    std::promise<InstanceState> promise;
    service_->engine().read(
        {},
        [&](const domain::State& state, base::WallTime) -> base::Status {
          const auto* row = state.find<domain::Instance>(id);
          promise.set_value(row ? row->state : InstanceState::kTerminated);
          return {};
        },
        [](base::Status) {});
    return promise.get_future().get();
  }
  // What the machine's host has confirmed.
  std::string host_address_of(const base::InstanceId& id) {
    std::promise<std::string> promise;
    service_->engine().read(
        {},
        [&](const domain::State& state, base::WallTime) -> base::Status {
          const auto* row = state.find<domain::Instance>(id);
          promise.set_value(row && row->run ? row->run->host_address : "");
          return {};
        },
        [](base::Status) {});
    return promise.get_future().get();
  }
  static bool eventually(const std::function<bool()>& so) {
    for (int i = 0; i < 1500; ++i) {
      if (so()) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    return false;
  }
  void make_class() {
    const Actor admin{.who = "uid:0", .via = "admin", .request_id = {}, .account = {}};
    ASSERT_TRUE(
        run<domain::RowPtr<domain::Course>>(admin, [](Tx& tx) { return create_course(tx, {.name = "c"}); }));
    const Vault vault({});
    auto made = run<MadeAccount>(admin, [&](Tx& tx) {
      return create_account(tx, vault, {.course = "c", .name = "Ada", .credit = base::Money::dollars(100)});
    });
    ASSERT_TRUE(made) << made.error().message;
    ada_.account = made->account;
    image_.id = base::make_id<base::ImageId>(random_);
    image_.name = "minimal";
    ASSERT_TRUE((run<int>(admin, [&](Tx& tx) -> base::Result<int> {
      TRY(register_image(tx, image_));
      return 0;
    })));
  }

  const base::SystemClock clock_;
  base::SystemRandom random_;
  std::shared_ptr<store::MemoryDisk> disk_ = std::make_shared<store::MemoryDisk>();
  std::unique_ptr<Service> service_;
  Actor ada_{.who = "ada", .via = "aws", .request_id = "r", .account = {}};
  domain::Image image_;
};

TEST_F(ServiceTest, AMachineIsLaunchedRunsStopsAndStartsAgain) {
  begin();
  make_class();
  LaunchRequest request;
  request.image = image_.id;
  request.type = "t2.medium";
  auto launched = run<Launched>(ada_, [&](Tx& tx) { return launch(tx, request); });
  ASSERT_TRUE(launched) << launched.error().message;
  const auto id = launched->instances.at(0)->id;
  ASSERT_TRUE(eventually([&] { return state_of(id) == InstanceState::kRunning; }));
  ASSERT_TRUE(run<StateChanges>(ada_, [&](Tx& tx) { return stop(tx, {.ids = {id}}); }));
  ASSERT_TRUE(eventually([&] { return state_of(id) == InstanceState::kStopped; }));
  ASSERT_TRUE(run<StateChanges>(ada_, [&](Tx& tx) { return start(tx, {id}, false); }));
  ASSERT_TRUE(eventually([&] { return state_of(id) == InstanceState::kRunning; }));
  ASSERT_TRUE(run<StateChanges>(ada_, [&](Tx& tx) { return terminate(tx, {id}, false); }));
  ASSERT_TRUE(eventually([&] { return state_of(id) == InstanceState::kTerminated; }));
  EXPECT_GT(service_->counters().commits, 5u);
  service_.reset();
  EXPECT_TRUE(disk_->state.with_run.empty());
}

TEST_F(ServiceTest, AnElasticAddressIsAtItsMachineAsSoonAsTheHostSaysSoAndAgainAtTheNextStart) {
  begin();
  make_class();
  LaunchRequest request;
  request.image = image_.id;
  request.type = "t2.medium";
  auto launched = run<Launched>(ada_, [&](Tx& tx) { return launch(tx, request); });
  ASSERT_TRUE(launched) << launched.error().message;
  const auto id = launched->instances.at(0)->id;
  ASSERT_TRUE(eventually([&] { return state_of(id) == InstanceState::kRunning; }));
  const auto address = run<domain::RowPtr<domain::Address>>(ada_, [](Tx& tx) { return allocate_address(tx, {}); });
  ASSERT_TRUE(address) << address.error().message;
  EXPECT_NE(host_address_of(id), (*address)->address);
  ASSERT_TRUE(run<std::string>(ada_, [&](Tx& tx) { return associate_address(tx, {(*address)->id, id}); }));
  ASSERT_TRUE(eventually([&] { return host_address_of(id) == (*address)->address; }));
  ASSERT_TRUE(run<StateChanges>(ada_, [&](Tx& tx) { return stop(tx, {.ids = {id}}); }));
  ASSERT_TRUE(eventually([&] { return state_of(id) == InstanceState::kStopped; }));
  ASSERT_TRUE(run<StateChanges>(ada_, [&](Tx& tx) { return start(tx, {id}, false); }));
  ASSERT_TRUE(eventually([&] { return state_of(id) == InstanceState::kRunning; }));
  EXPECT_EQ(host_address_of(id), (*address)->address);
}

TEST_F(ServiceTest, WhatRanWhenItsHostForgotItIsFoundStoppedAfterARestart) {
  begin();
  make_class();
  LaunchRequest request;
  request.image = image_.id;
  request.type = "t2.medium";
  auto launched = run<Launched>(ada_, [&](Tx& tx) { return launch(tx, request); });
  ASSERT_TRUE(launched) << launched.error().message;
  const auto id = launched->instances.at(0)->id;
  ASSERT_TRUE(eventually([&] { return state_of(id) == InstanceState::kRunning; }));
  service_.reset();  // the fake host goes with it
  begin();
  ASSERT_TRUE(eventually([&] { return state_of(id) == InstanceState::kStopped; }));
}

}  // namespace
}  // namespace stipend::control
