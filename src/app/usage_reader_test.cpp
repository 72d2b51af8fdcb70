#include "app/usage_reader.hpp"

#include <gtest/gtest.h>

#include <future>

#include "store/memory/memory_store.hpp"

namespace stipend::app {
namespace {

constexpr std::int64_t kDayMs = 86'400'000;
const base::AccountId kAda = *base::AccountId::parse("123456789012"), kAlan = *base::AccountId::parse("210987654321");

class UsageReaderTest : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(store_.load());
    // Ten days of ten entries each; one of each midnight is made after two of the day that follows.
    std::vector<std::int64_t> at;
    for (std::int64_t day = 1; day <= 10; ++day)
      for (std::int64_t i = 0; i < 10; ++i) at.push_back(i == 2 ? day * kDayMs : day * kDayMs + (i + 1) * 1000);
    store::Batch batch;
    for (std::size_t i = 0; i < at.size(); ++i) {
      domain::Entry entry;
      entry.number = static_cast<std::int64_t>(i) + 1;
      entry.account = i % 3 == 0 ? kAlan : kAda;
      entry.debit = "grant:g-1";
      entry.amount = {1};
      entry.subject = "i-1";
      entry.segment = entry.number;
      entry.to = {1};
      entry.at = {at[i]};
      all_.push_back(entry);
      batch.push_back(store::Put<domain::Entry>{std::make_shared<const domain::Entry>(entry)});
    }
    ASSERT_EQ(store_.commit(batch).outcome, store::Outcome::kCommitted);
  }

  std::vector<std::int64_t> wanted(const base::AccountId& account, std::int64_t from, std::int64_t until) const {
    std::vector<std::int64_t> numbers;
    for (const auto& entry : all_)
      if (entry.account == account && entry.at.ms >= from && entry.at.ms < until) numbers.push_back(entry.number);
    return numbers;
  }
  std::vector<std::int64_t> found(const base::AccountId& account, std::int64_t from, std::int64_t until) {
    std::vector<std::int64_t> numbers;
    for (const auto& entry : *entries_between(store_, account, {from}, {until}, 1'000)) numbers.push_back(entry.number);
    return numbers;
  }

  store::MemoryStore store_{std::make_shared<store::MemoryDisk>()};
  std::vector<domain::Entry> all_;
};

TEST_F(UsageReaderTest, FindsTheEntriesOfAnyPeriodLateOnesToo) {
  for (std::int64_t from = 0; from <= 12; ++from)
    for (std::int64_t until = from; until <= 12; ++until)
      for (const std::int64_t shift : {0, 1, 2'000})
        for (const auto& account : {kAda, kAlan})
          EXPECT_EQ(found(account, from * kDayMs + shift, until * kDayMs + shift), wanted(account, from * kDayMs + shift, until * kDayMs + shift))
              << from << " to " << until;
  EXPECT_TRUE(found(*base::AccountId::parse("000000000000"), 0, 20 * kDayMs).empty());
}

TEST_F(UsageReaderTest, HasALimit) {
  EXPECT_TRUE(entries_between(store_, kAlan, {0}, {20 * kDayMs}, 34));
  const auto more = entries_between(store_, kAlan, {0}, {20 * kDayMs}, 33);
  ASSERT_FALSE(more);
  EXPECT_EQ(more.error().code, "LimitExceededException");
}

TEST_F(UsageReaderTest, AnswersFromAThreadOfItsOwn) {
  UsageReader reader(store_);
  std::promise<std::vector<domain::UsageDay>> days;
  std::promise<std::vector<domain::Entry>> entries;
  reader.usage({kAda, kAlan}, {0}, {20 * kDayMs}, [&](auto result) { days.set_value(*std::move(result)); });
  reader.entries({kAda, kAlan}, {0}, {20 * kDayMs}, [&](auto result) { entries.set_value(*std::move(result)); });
  base::Money sum;
  for (const auto& day : days.get_future().get()) sum += day.amount;
  EXPECT_EQ(sum.nano, 100);
  EXPECT_EQ(entries.get_future().get().size(), 100u);
}

TEST_F(UsageReaderTest, RefusesWhenTooManyWait) {
  UsageReader reader(store_);
  std::promise<void> go_on;
  auto gate = go_on.get_future().share();
  reader.usage({kAda}, {0}, {kDayMs}, [gate](auto) { gate.wait(); });  // the thread is busy
  int refused = 0;
  std::promise<void> all;
  std::atomic<int> answers = 0;
  for (int i = 0; i < UsageReader::kWaitingMax + 5; ++i)
    reader.usage({kAda}, {0}, {kDayMs}, [&](auto result) {
      if (!result && result.error().code == "ThrottlingException") ++refused;
      if (++answers == UsageReader::kWaitingMax + 5) all.set_value();
    });
  EXPECT_GE(refused, 5);
  go_on.set_value();
  all.get_future().wait();
}

}  // namespace
}  // namespace stipend::app
