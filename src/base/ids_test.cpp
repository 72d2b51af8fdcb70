#include "base/ids.hpp"

#include <gtest/gtest.h>

#include "base/random.hpp"

namespace stipend::base {
namespace {

TEST(Ids, OnlyTheExactGrammarParses) {
  EXPECT_TRUE(InstanceId::parse("i-0123456789abcdef0"));
  for (const char* text : {"", "i-", "i-0123456789abcdef", "i-0123456789abcdef01", "i-0123456789ABCDEF0",
                           "i-0123456789abcdef/", "vol-0123456789abcdef0", "i-0123456789abcdef0\n"})
    EXPECT_FALSE(InstanceId::parse(text)) << text;
  EXPECT_TRUE(AccountId::parse("123456789012"));
  EXPECT_FALSE(AccountId::parse("12345678901a"));
}

TEST(Ids, MadeIdsParseAndDiffer) {
  SeededRandom random(7);
  const auto a = make_id<DiskId>(random), b = make_id<DiskId>(random);
  EXPECT_NE(a, b);
  EXPECT_TRUE(DiskId::parse(a.str()));
}

}  // namespace
}  // namespace stipend::base
