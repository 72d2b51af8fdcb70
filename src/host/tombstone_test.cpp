#include "host/tombstone.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace stipend::host {
namespace {

namespace fs = std::filesystem;
using hostlink::Cause;
using hostlink::Phase;
using hostlink::Report;
using hostlink::RunKey;

const auto kInstance = *base::InstanceId::parse("i-00000000000000001");
constexpr const char* kBoot = "01234567-89ab-cdef-0123-456789abcdef";

class Book : public testing::Test {
 protected:
  void SetUp() override {
    char folder[] = "/tmp/stipend-book-XXXXXX";
    folder_ = std::string(mkdtemp(folder)) + "/runs";
    book_ = reopened();
  }
  void TearDown() override { fs::remove_all(fs::path(folder_).parent_path()); }
  std::optional<RunBook> reopened() {
    auto book = RunBook::open(folder_);
    EXPECT_TRUE(book) << (book ? "" : book.error().message);
    return book ? std::optional(*std::move(book)) : std::nullopt;
  }
  static host::Run run(std::int64_t generation) {
    host::Run r;
    r.key = {kInstance, generation};
    r.disk = *base::DiskId::parse("vol-00000000000000001");
    r.private_address = "10.0.16.5";
    r.boot_id = kBoot;
    r.lease = {1, {60}};
    return r;
  }
  static Report ended(std::int64_t generation, std::int64_t ran) {
    Report r;
    r.key = {kInstance, generation};
    r.phase = Phase::kEnded;
    r.ran = {ran};
    r.cause = Cause::kCredit;
    r.host = *base::HostId::parse("h-00000000000000001");
    r.boot_id = kBoot;
    return r;
  }
  std::string folder_;
  std::optional<RunBook> book_;
};

TEST_F(Book, AnotherPublicAddressOutlivesTheProcessAndIsOfNoRunThatIsOver) {
  auto first = run(1);
  first.public_address = "10.0.32.5";
  ASSERT_TRUE(book_->begin(first));
  for (int said = 0; said < 2; ++said) ASSERT_TRUE(book_->readdress({kInstance, 1}, "10.0.32.6"));
  book_ = reopened();
  EXPECT_EQ(book_->find({kInstance, 1})->public_address, "10.0.32.6");
  EXPECT_EQ(book_->find({kInstance, 1})->private_address, "10.0.16.5");
  ASSERT_TRUE(book_->end({kInstance, 1}, ended(1, 59)));
  EXPECT_EQ(book_->readdress({kInstance, 1}, "10.0.32.7").error().code, "IncorrectInstanceState");
  EXPECT_EQ(book_->readdress({kInstance, 2}, "10.0.32.7").error().code, "IncorrectInstanceState");
}

TEST_F(Book, WhatOfAnAddressCannotBeKeptChangesNothing) {
  auto first = run(1);
  first.public_address = "10.0.32.5";
  ASSERT_TRUE(book_->begin(first));
  fs::remove_all(folder_);
  EXPECT_FALSE(book_->readdress({kInstance, 1}, "10.0.32.6"));
  EXPECT_EQ(book_->find({kInstance, 1})->public_address, "10.0.32.5");
}

TEST_F(Book, WhoWritesTheCourseFolderOutlivesTheProcess) {
  auto staff = run(1);
  staff.course = *base::DiskId::parse("vol-0000000000000000c");
  staff.course_writable = true;
  ASSERT_TRUE(book_->begin(staff));
  const auto book = reopened();
  EXPECT_EQ(book->find({kInstance, 1})->course, staff.course);
  EXPECT_TRUE(book->find({kInstance, 1})->course_writable);
}

TEST_F(Book, ARunAndItsEndOutliveTheProcess) {
  ASSERT_TRUE(book_->begin(run(1)));
  EXPECT_FALSE(reopened()->find({kInstance, 1})->final_report);
  EXPECT_TRUE(book_->end({kInstance, 1}, ended(1, 59)));
  const auto again = reopened();
  const host::Run* r = again->find({kInstance, 1});
  ASSERT_TRUE(r && r->final_report);
  EXPECT_EQ(*r->final_report, ended(1, 59));
  EXPECT_EQ(r->lease, (hostlink::Lease{1, {60}}));
  EXPECT_FALSE(r->acknowledged);
}

TEST_F(Book, AGenerationBeginsOnce) {
  ASSERT_TRUE(book_->begin(run(2)));
  EXPECT_FALSE(book_->begin(run(2)));
  EXPECT_FALSE(book_->begin(run(1)));
  book_->end({kInstance, 2}, ended(2, 5));
  EXPECT_FALSE(reopened()->begin(run(2)));
  EXPECT_TRUE(book_->begin(run(3)));
}

TEST_F(Book, TheFirstEndStands) {
  ASSERT_TRUE(book_->begin(run(1)));
  book_->end({kInstance, 1}, ended(1, 59));
  book_->end({kInstance, 1}, ended(1, 7));
  EXPECT_EQ(reopened()->find({kInstance, 1})->final_report->ran.count, 59);
}

TEST_F(Book, ARefusedRunLeavesATombstone) {
  EXPECT_TRUE(book_->refuse({kInstance, 4}, ended(4, 0)));
  EXPECT_FALSE(reopened()->begin(run(4)));
  EXPECT_FALSE(reopened()->begin(run(3)));
  EXPECT_TRUE(book_->begin(run(5)));
}

TEST_F(Book, AcknowledgedRunsGoWhenALaterOneIsTheTombstone) {
  ASSERT_TRUE(book_->begin(run(1)));
  book_->end({kInstance, 1}, ended(1, 59));
  book_->acknowledge({kInstance, 1});
  EXPECT_TRUE(reopened()->find({kInstance, 1})->acknowledged);  // the newest: it stays
  ASSERT_TRUE(book_->begin(run(2)));
  book_->end({kInstance, 2}, ended(2, 5));
  ASSERT_TRUE(book_->begin(run(3)));
  book_->acknowledge({kInstance, 2});
  EXPECT_EQ(reopened()->find({kInstance, 2}), nullptr);
  EXPECT_EQ(reopened()->newest(kInstance)->key.generation, 3);
}

TEST_F(Book, AnAcknowledgementBeforeTheEndIsNothing) {
  ASSERT_TRUE(book_->begin(run(1)));
  book_->acknowledge({kInstance, 1});
  EXPECT_FALSE(reopened()->find({kInstance, 1})->acknowledged);
}

TEST_F(Book, ADamagedRecordIsNamedAndStopsTheProgram) {
  ASSERT_TRUE(book_->begin(run(1)));
  std::ofstream(folder_ + "/i-00000000000000001.1") << "{\"instance\":";
  const auto again = RunBook::open(folder_);
  ASSERT_FALSE(again);
  EXPECT_NE(again.error().message.find("i-00000000000000001.1"), std::string::npos);
}

TEST_F(Book, WhatCouldNotBeWrittenIsWrittenLater) {
  ASSERT_TRUE(book_->begin(run(1)));
  fs::rename(folder_, folder_ + ".away");  // the disk refuses
  EXPECT_FALSE(book_->end({kInstance, 1}, ended(1, 59)));
  EXPECT_FALSE(book_->durable({kInstance, 1}));
  EXPECT_TRUE(book_->flush().empty());
  fs::rename(folder_ + ".away", folder_);
  EXPECT_EQ(book_->flush(), (std::vector<RunKey>{{kInstance, 1}}));
  EXPECT_TRUE(book_->durable({kInstance, 1}));
  EXPECT_TRUE(reopened()->find({kInstance, 1})->final_report);
}

TEST_F(Book, RefusesAFolderThatOthersMayEnter) {
  ::chmod(folder_.c_str(), 0755);
  EXPECT_FALSE(RunBook::open(folder_));
}

}  // namespace
}  // namespace stipend::host
