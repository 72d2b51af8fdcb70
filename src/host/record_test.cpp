#include "host/record.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "host/lease_json.hpp"
#include "host/supervisor_link.hpp"

namespace stipend::host {
namespace {

const auto kInstance = *base::InstanceId::parse("i-00000000000000001");

class RecordFile : public testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/stipend-record-XXXXXX";
    close(mkstemp(name));
    path_ = name;
    unlink(name);
  }
  void TearDown() override { unlink(path_.c_str()); }
  void write(std::uint64_t sequence, std::int64_t ran) {
    Record r;
    r.sequence = sequence;
    r.boot_id = "boot";
    r.entries = {{{kInstance, 3}, {ran}, {7, {600}}}};
    const auto written = write_record(path_, r);
    ASSERT_TRUE(written) << written.error().message;
  }
  void damage(off_t at) {
    const int fd = open(path_.c_str(), O_WRONLY);
    ASSERT_EQ(pwrite(fd, "#", 1, at), 1);
    close(fd);
  }
  std::string path_;
};

TEST_F(RecordFile, IsEmptyBeforeTheFirst) {
  const auto record = read_record(path_);
  ASSERT_TRUE(record);
  EXPECT_EQ(record->sequence, 0U);
}

TEST_F(RecordFile, HoldsTheNewest) {
  write(1, 5);
  write(2, 10);
  write(3, 15);
  const auto record = read_record(path_);
  ASSERT_TRUE(record);
  EXPECT_EQ(record->sequence, 3U);
  ASSERT_NE(record->find({kInstance, 3}), nullptr);
  EXPECT_EQ(record->find({kInstance, 3})->ran.count, 15);
  EXPECT_EQ(record->find({kInstance, 3})->lease, (hostlink::Lease{7, {600}}));
  EXPECT_EQ(record->find({kInstance, 4}), nullptr);
}

TEST_F(RecordFile, ATornWriteLeavesTheOneBefore) {
  write(2, 10);
  write(3, 15);
  damage((4 << 20) + 100);  // the slot of odd numbers
  EXPECT_EQ(read_record(path_)->sequence, 2U);
  damage(100);
  EXPECT_EQ(read_record(path_)->sequence, 0U);
}

TEST_F(RecordFile, AShorterRecordAfterALongerOneIsWhole) {
  Record many;
  many.sequence = 1;
  for (int i = 1; i <= 500; ++i) many.entries.push_back({{kInstance, i}, {i}, {1, {60}}});
  ASSERT_TRUE(write_record(path_, many));
  write(3, 15);
  EXPECT_EQ(read_record(path_)->entries.size(), 1U);
}

TEST(SupervisorLink, StatusSurvivesTheWire) {
  SupervisorStatus s;
  s.key = {kInstance, 3};
  s.pid = 12;
  s.pid_started = 34;
  s.init = 56;
  s.lease.stage = Stage::kHook;
  s.lease.lease = {4, {600}};
  s.lease.started_ms = 1'000;
  s.lease.charged_to_ms = 2'000;
  s.lease.cause = Cause::kIdle;
  s.lease.by_wish = s.lease.ours = true;
  s.ran = {1};
  s.detail = "so \"so\"\n";
  std::string text = encode(s);
  text.resize(kFinalBytes, ' ');  // as the final file holds it
  const auto again = decode_status(text);
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(encode(*again), encode(s));
  EXPECT_EQ(again->lease.charged_to_ms, 2'000);
  EXPECT_FALSE(again->lease.ended_ms);
}

TEST(SupervisorLink, AnUnwrittenFinalFileIsNoStatus) {
  EXPECT_FALSE(decode_status(std::string(kFinalBytes, ' ')));
  EXPECT_FALSE(decode_status("{\"v\":2}"));
  EXPECT_FALSE(decode_status("{\"v\":1}"));
}

TEST(SupervisorLink, SpecSurvivesTheWire) {
  SupervisorSpec spec;
  spec.start.key = {kInstance, 3};
  spec.start.image = *base::ImageId::parse("ami-00000000000000001");
  spec.start.disk = *base::DiskId::parse("vol-00000000000000001");
  spec.start.private_address = spec.start.public_address = "10.0.16.5";
  spec.start.hostname = "h";
  spec.start.user_data = std::string("\0\n\xff", 3);
  spec.ids.slot = 7;
  spec.gateway = "10.0.16.1";
  spec.seccomp = "/run/stipend/x/seccomp";
  spec.cpus = {0, 3};
  const auto again = decode_spec(encode(spec));
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(encode(*again), encode(spec));
  EXPECT_EQ(again->start.user_data, spec.start.user_data);
  EXPECT_EQ(again->cpus, spec.cpus);
}

}  // namespace
}  // namespace stipend::host
