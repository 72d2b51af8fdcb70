// What every Provider promises, as tests that any of them can be put through: derive a Bench that owns a
// provider and lets its time pass, then INSTANTIATE_TEST_SUITE_P(Name, ProviderContract,
// testing::Values(make_bench)). Leases and waits are short, so that a real provider passes in a minute or
// two.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/random.hpp"
#include "compute/provider.hpp"

namespace stipend::compute {

class Bench {
 public:
  virtual ~Bench() = default;
  virtual Provider& provider() = 0;
  // Lets time pass until `true_now` or until `seconds` are over; what true_now said last.
  virtual bool eventually(std::int64_t seconds, const std::function<bool()>& true_now) = 0;
  virtual base::ImageId image() = 0;                // one that boots
  virtual std::int64_t tolerance_s() { return 2; }  // of measured run against the lease's end
};
using MakeBench = std::function<std::unique_ptr<Bench>()>;

class ProviderContract : public testing::TestWithParam<MakeBench> {
 protected:
  void SetUp() override {
    bench_ = GetParam()();
    provider().open(kEpoch, [this](Report report) {
      const std::lock_guard lock(guard_);
      newest_[report.key] = report;
      all_.push_back(std::move(report));
    });
    ASSERT_TRUE(bench_->eventually(20, [&] { return provider().room().has_value(); }));
  }
  void TearDown() override {
    if (!bench_) return;
    for (const auto& key : started_) provider().stop(key, kEpoch, {Cause::kPerson, true});
    for (const auto& key : started_)
      EXPECT_TRUE(bench_->eventually(
          20, [&] { return newest(key).phase == Phase::kEnded || newest(key).phase == Phase::kAbsent; }));
    for (const auto& key : started_) provider().acknowledge(key, kEpoch);
    for (const auto& disk : disks_) provider().delete_disk(disk, kEpoch, [](base::Status) {});
    bench_.reset();
  }

  Provider& provider() { return bench_->provider(); }
  Report newest(const RunKey& key) {
    const std::lock_guard lock(guard_);
    return newest_[key];
  }
  std::size_t reports_of(const RunKey& key, Phase phase) {
    const std::lock_guard lock(guard_);
    return static_cast<std::size_t>(std::count_if(
        all_.begin(), all_.end(), [&](const Report& r) { return r.key == key && r.phase == phase; }));
  }
  bool await(const RunKey& key, Phase phase, std::int64_t seconds) {
    return bench_->eventually(seconds, [&] { return newest(key).phase == phase; });
  }

  StartSpec spec(std::int64_t run_s, RunKey key = {}) {
    if (key.generation == 0) key = {base::make_id<base::InstanceId>(random_), 1};
    StartSpec out;
    out.key = key;
    out.epoch = kEpoch;
    out.image = bench_->image();
    out.root_disk = base::make_id<base::DiskId>(random_);
    out.root_gib = 1;
    out.private_address = address(provider().address_ranges()->private_cidr);
    out.public_address = address(provider().address_ranges()->public_cidr);
    out.hostname = "contract";
    out.jupyter_token = "0123456789abcdef0123456789abcdef";
    out.lease = {1, {run_s}};
    return out;
  }
  // Answers of calls that answer later.
  template <class Answer>
  Answer awaited(const std::function<void(std::function<void(Answer)>)>& ask) {
    const auto answer = std::make_shared<std::pair<std::mutex, std::optional<Answer>>>();
    ask([answer](Answer said) {
      const std::lock_guard lock(answer->first);
      answer->second = std::move(said);
    });
    EXPECT_TRUE(bench_->eventually(60, [&] {
      const std::lock_guard lock(answer->first);
      return answer->second.has_value();
    }));
    const std::lock_guard lock(answer->first);
    return answer->second.value_or(std::unexpected(base::Error{base::Fault::kUnavailable, "NoAnswer", "no answer came"}));
  }
  base::Result<std::int64_t> snapshot(const base::DiskId& from, const base::DiskId& to, std::int64_t epoch = kEpoch) {
    return awaited<base::Result<std::int64_t>>([&](auto done) { provider().snapshot_disk(from, to, epoch, std::move(done)); });
  }
  base::Status set_public_address(const RunKey& key, const std::string& address, std::int64_t epoch = kEpoch) {
    return awaited<base::Status>([&](auto done) { provider().set_public_address(key, epoch, address, std::move(done)); });
  }
  base::Status delete_disk(const base::DiskId& disk) {
    return awaited<base::Status>([&](auto done) { provider().delete_disk(disk, kEpoch, std::move(done)); });
  }
  base::DiskId new_disk() {
    disks_.push_back(base::make_id<base::DiskId>(random_));
    return disks_.back();
  }
  void start(const StartSpec& spec) {
    started_.push_back(spec.key);
    for (const auto& disk : {spec.root_disk, spec.home_disk, spec.course_disk})
      if (!disk.empty()) disks_.push_back(disk);
    provider().start(spec);
  }

  static constexpr std::int64_t kEpoch = 5;
  base::SystemRandom random_;
  std::unique_ptr<Bench> bench_;

 private:
  // The eleventh and following addresses of "a.b.c.d/n".
  std::string address(const std::string& cidr) {
    const auto last = cidr.rfind('.');
    return cidr.substr(0, last) + "." + std::to_string(10 + ++addresses_);
  }

  std::mutex guard_;
  std::map<RunKey, Report> newest_;
  std::vector<Report> all_;
  std::vector<RunKey> started_;
  std::vector<base::DiskId> disks_;
  int addresses_ = 0;
};

TEST_P(ProviderContract, AStartedMachineRunsAndAStopEndsIt) {
  const auto machine = spec(600);
  start(machine);
  ASSERT_TRUE(await(machine.key, Phase::kRunning, 30));
  EXPECT_EQ(newest(machine.key).lease_seq, 1);
  EXPECT_FALSE(newest(machine.key).boot_id.empty());
  EXPECT_FALSE(newest(machine.key).host.empty());
  provider().stop(machine.key, kEpoch, {Cause::kTeacher, false});
  ASSERT_TRUE(await(machine.key, Phase::kEnded, 40));
  EXPECT_EQ(newest(machine.key).cause, Cause::kTeacher);
  EXPECT_TRUE(newest(machine.key).halted_by_us);
  EXPECT_TRUE(newest(machine.key).known_to_end);
}

TEST_P(ProviderContract, TheLeaseEndsARunByItself) {
  const auto machine = spec(8);
  start(machine);
  ASSERT_TRUE(await(machine.key, Phase::kEnded, 60));
  EXPECT_EQ(newest(machine.key).cause, Cause::kCredit);
  EXPECT_TRUE(newest(machine.key).halted_by_us);
  EXPECT_LE(newest(machine.key).ran.count, 8 + bench_->tolerance_s());
}

TEST_P(ProviderContract, ARenewalKeepsItRunningAndALowerOneIsIgnored) {
  const auto machine = spec(45);
  start(machine);
  ASSERT_TRUE(await(machine.key, Phase::kRunning, 30));
  provider().renew(machine.key, kEpoch, {3, {600}});
  ASSERT_TRUE(bench_->eventually(20, [&] { return newest(machine.key).lease_seq == 3; }));
  provider().renew(machine.key, kEpoch, {2, {1}});
  EXPECT_FALSE(bench_->eventually(3, [&] { return newest(machine.key).phase != Phase::kRunning; }));
  EXPECT_EQ(newest(machine.key).lease_seq, 3);
}

TEST_P(ProviderContract, AShorterLeaseWithAHigherNumberEndsItEarlier) {
  const auto machine = spec(600);
  start(machine);
  ASSERT_TRUE(await(machine.key, Phase::kRunning, 30));
  provider().renew(machine.key, kEpoch, {2, {1}});
  ASSERT_TRUE(await(machine.key, Phase::kEnded, 20));
}

TEST_P(ProviderContract, AFinalReportIsRepeatedUntilAcknowledged) {
  const auto machine = spec(600);
  start(machine);
  ASSERT_TRUE(await(machine.key, Phase::kRunning, 30));
  provider().stop(machine.key, kEpoch, {Cause::kPerson, true});
  ASSERT_TRUE(await(machine.key, Phase::kEnded, 20));
  const auto before = reports_of(machine.key, Phase::kEnded);
  provider().resync({});
  EXPECT_TRUE(bench_->eventually(20, [&] { return reports_of(machine.key, Phase::kEnded) > before; }));
  provider().acknowledge(machine.key, kEpoch);
  provider().resync({machine.key});
  EXPECT_TRUE(await(machine.key, Phase::kAbsent, 20));
}

TEST_P(ProviderContract, AnEndedGenerationNeverStartsAgainAndTheNextOneDoes) {
  auto machine = spec(600);
  start(machine);
  ASSERT_TRUE(await(machine.key, Phase::kRunning, 30));
  provider().stop(machine.key, kEpoch, {Cause::kPerson, true});
  ASSERT_TRUE(await(machine.key, Phase::kEnded, 20));
  provider().acknowledge(machine.key, kEpoch);
  const auto ran = reports_of(machine.key, Phase::kRunning);
  provider().start(machine);
  EXPECT_FALSE(bench_->eventually(3, [&] { return reports_of(machine.key, Phase::kRunning) > ran; }));
  auto next = spec(600, {machine.key.instance, 2});
  next.root_disk = machine.root_disk;
  start(next);
  EXPECT_TRUE(await(next.key, Phase::kRunning, 30));
}

TEST_P(ProviderContract, AStopOfARunThatNeverCameKeepsItFromComing) {
  const auto machine = spec(600);
  provider().stop(machine.key, kEpoch, {Cause::kPerson, false});
  ASSERT_TRUE(await(machine.key, Phase::kEnded, 20));
  EXPECT_EQ(newest(machine.key).ran.count, 0);
  provider().start(machine);
  EXPECT_FALSE(bench_->eventually(3, [&] { return reports_of(machine.key, Phase::kRunning) > 0; }));
  provider().acknowledge(machine.key, kEpoch);
}

TEST_P(ProviderContract, ALateStartIsRefused) {
  auto machine = spec(600);
  machine.start_within_ms = -1;
  start(machine);
  ASSERT_TRUE(await(machine.key, Phase::kEnded, 20));
  EXPECT_EQ(newest(machine.key).cause, Cause::kStartFailed);
  EXPECT_EQ(newest(machine.key).ran.count, 0);
  EXPECT_FALSE(newest(machine.key).detail.empty());
}

TEST_P(ProviderContract, AStartTwiceIsOneRun) {
  const auto machine = spec(600);
  start(machine);
  provider().start(machine);
  ASSERT_TRUE(await(machine.key, Phase::kRunning, 30));
  provider().start(machine);
  EXPECT_FALSE(bench_->eventually(3, [&] { return newest(machine.key).phase != Phase::kRunning; }));
}

TEST_P(ProviderContract, ResyncTellsWhatIsKnownAndWhatIsNot) {
  const auto machine = spec(600);
  start(machine);
  ASSERT_TRUE(await(machine.key, Phase::kRunning, 30));
  const RunKey unknown{base::make_id<base::InstanceId>(random_), 4};
  const auto before = reports_of(machine.key, Phase::kRunning);
  provider().resync({machine.key, unknown});
  EXPECT_TRUE(bench_->eventually(20, [&] { return reports_of(unknown, Phase::kAbsent) > 0; }));
  EXPECT_TRUE(bench_->eventually(20, [&] { return reports_of(machine.key, Phase::kRunning) > before; }));
}

TEST_P(ProviderContract, ADiskInUseIsNotDeletedAndAFreeOneIsGone) {
  auto machine = spec(600);
  machine.home_disk = base::make_id<base::DiskId>(random_);
  machine.home_gib = 1;
  start(machine);
  ASSERT_TRUE(await(machine.key, Phase::kRunning, 30));
  EXPECT_FALSE(delete_disk(machine.root_disk));
  EXPECT_FALSE(delete_disk(machine.home_disk));
  provider().stop(machine.key, kEpoch, {Cause::kPerson, true});
  ASSERT_TRUE(await(machine.key, Phase::kEnded, 20));
  for (const auto& disk : {machine.root_disk, machine.home_disk}) {
    EXPECT_TRUE(delete_disk(disk));
    EXPECT_TRUE(delete_disk(disk));
  }
}

TEST_P(ProviderContract, AHomeIsOfOneRunAtATimeAndGoesOnWithTheNext) {
  auto first = spec(600), second = spec(600), third = spec(600);
  first.home_disk = second.home_disk = third.home_disk = base::make_id<base::DiskId>(random_);
  first.home_gib = second.home_gib = third.home_gib = 1;
  start(first);
  ASSERT_TRUE(await(first.key, Phase::kRunning, 30));
  start(second);
  ASSERT_TRUE(await(second.key, Phase::kEnded, 30));
  EXPECT_EQ(newest(second.key).cause, Cause::kStartFailed);
  EXPECT_FALSE(newest(second.key).detail.empty());
  provider().stop(first.key, kEpoch, {Cause::kPerson, true});
  ASSERT_TRUE(await(first.key, Phase::kEnded, 20));
  start(third);
  EXPECT_TRUE(await(third.key, Phase::kRunning, 30));
}

TEST_P(ProviderContract, ACourseFolderIsOfManyRunsAtATime) {
  auto staff = spec(600), member = spec(600);
  staff.course_disk = member.course_disk = base::make_id<base::DiskId>(random_);
  staff.course_gib = member.course_gib = 1;
  staff.course_writable = true;
  start(staff);
  start(member);
  EXPECT_TRUE(await(staff.key, Phase::kRunning, 30));
  EXPECT_TRUE(await(member.key, Phase::kRunning, 30));
}

TEST_P(ProviderContract, AnOlderEpochIsNotObeyed) {
  const auto machine = spec(600);
  start(machine);
  ASSERT_TRUE(await(machine.key, Phase::kRunning, 30));
  provider().stop(machine.key, kEpoch - 1, {Cause::kPerson, true});
  EXPECT_FALSE(bench_->eventually(3, [&] { return newest(machine.key).phase != Phase::kRunning; }));
}

TEST_P(ProviderContract, ARebootIsTheSameRun) {
  const auto machine = spec(600);
  start(machine);
  ASSERT_TRUE(await(machine.key, Phase::kRunning, 30));
  provider().reboot(machine.key, kEpoch, "contract-1");
  EXPECT_FALSE(bench_->eventually(5, [&] { return newest(machine.key).phase == Phase::kEnded; }));
  provider().resync({machine.key});
  EXPECT_TRUE(await(machine.key, Phase::kRunning, 20));
}

TEST_P(ProviderContract, ASnapshotOfARunningMachineIsWholeAndNewMachinesBeginWithIt) {
  auto machine = spec(600);
  machine.root_gib = 2;
  start(machine);
  ASSERT_TRUE(await(machine.key, Phase::kRunning, 30));
  const auto taken = new_disk();
  const auto mib = snapshot(machine.root_disk, taken);
  ASSERT_TRUE(mib) << mib.error().code << ": " << mib.error().message;
  EXPECT_GT(*mib, 0);
  EXPECT_LE(*mib, 2 * 1024 + 64);
  EXPECT_EQ(newest(machine.key).phase, Phase::kRunning);
  EXPECT_EQ(snapshot(machine.root_disk, taken).value_or(-1), *mib) << "the same answer again";
  provider().stop(machine.key, kEpoch, {Cause::kPerson, true});
  ASSERT_TRUE(await(machine.key, Phase::kEnded, 20));
  ASSERT_TRUE(delete_disk(machine.root_disk));
  EXPECT_EQ(snapshot(machine.root_disk, taken).value_or(-1), *mib) << "it does not need its origin";

  auto copy = spec(600), larger = spec(600), smaller = spec(600);
  copy.root_source = larger.root_source = smaller.root_source = taken;
  copy.root_gib = 2;
  larger.root_gib = 3;
  for (const auto& wish : {copy, larger, smaller}) start(wish);
  EXPECT_TRUE(await(copy.key, Phase::kRunning, 60)) << newest(copy.key).detail;
  EXPECT_TRUE(await(larger.key, Phase::kRunning, 60)) << newest(larger.key).detail;
  ASSERT_TRUE(await(smaller.key, Phase::kEnded, 60));
  EXPECT_EQ(newest(smaller.key).cause, Cause::kStartFailed);
  EXPECT_FALSE(newest(smaller.key).detail.empty());
}

TEST_P(ProviderContract, ASnapshotOfADiskThatIsNotThereNeverWillBe) {
  const auto nothing = snapshot(base::make_id<base::DiskId>(random_), new_disk());
  ASSERT_FALSE(nothing);
  EXPECT_EQ(nothing.error().fault, base::Fault::kNotFound);
  auto machine = spec(600);
  machine.root_source = base::make_id<base::DiskId>(random_);
  start(machine);
  ASSERT_TRUE(await(machine.key, Phase::kEnded, 30));
  EXPECT_EQ(newest(machine.key).cause, Cause::kStartFailed);
  EXPECT_FALSE(newest(machine.key).detail.empty());
}

TEST_P(ProviderContract, AnotherPublicAddressIsOfARunThatRunsAndOfNoOther) {
  const auto machine = spec(600), other = spec(600);
  const auto free = spec(600).public_address;
  const auto before = set_public_address(machine.key, free);
  ASSERT_FALSE(before);
  EXPECT_EQ(before.error().fault, base::Fault::kConflict);
  start(machine);
  start(other);
  ASSERT_TRUE(await(machine.key, Phase::kRunning, 30));
  ASSERT_TRUE(await(other.key, Phase::kRunning, 30));
  EXPECT_TRUE(set_public_address(machine.key, free));
  EXPECT_TRUE(set_public_address(machine.key, free)) << "again";
  const auto taken = set_public_address(other.key, free);
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().fault, base::Fault::kConflict);
  EXPECT_TRUE(set_public_address(other.key, machine.public_address)) << "it is nobody's now";
  EXPECT_FALSE(set_public_address(machine.key, machine.public_address, kEpoch - 1));
  EXPECT_EQ(newest(machine.key).phase, Phase::kRunning);
  provider().stop(machine.key, kEpoch, {Cause::kPerson, true});
  ASSERT_TRUE(await(machine.key, Phase::kEnded, 20));
  const auto after = set_public_address(machine.key, free);
  ASSERT_FALSE(after);
  EXPECT_EQ(after.error().fault, base::Fault::kConflict);
}

}  // namespace stipend::compute
