#include "api/ce/result_pages.hpp"

#include <gtest/gtest.h>

namespace stipend::api {
namespace {

std::vector<Groups> periods() {
  std::vector<Groups> out(4);
  for (const char* key : {"a", "b", "c", "d", "e"}) out[0][{key, "x"}];
  out[2][{"a", "x"}];
  return out;
}

// "0:abc 1: 2:a", page by page, with the token between as text.
std::string in_pages_of(std::size_t rows) {
  const auto all = periods();
  std::string out;
  ResultPlace place;
  for (int most = 20; most > 0; --most) {
    const auto page = cut_results(all, place, rows);
    for (const auto& part : page.parts) {
      out += std::to_string(part.period) + ":";
      for (const auto* group : part.groups) out += group->first.front();
      out += " ";
    }
    if (!page.next) return out;
    out += "| ";
    place = *parse_place(to_text(*page.next));
  }
  return "without end";
}

TEST(ResultPages, HoldEveryGroupOnceAndEveryPeriod) {
  EXPECT_EQ(in_pages_of(100), "0:abcde 1: 2:a 3: ");
  EXPECT_EQ(in_pages_of(6), "0:abcde | 1: 2:a 3: ");
  EXPECT_EQ(in_pages_of(4), "0:abc | 0:de 1: | 2:a 3: ");
  EXPECT_EQ(in_pages_of(1), "0:a | 0:b | 0:c | 0:d | 0:e | 1: | 2:a | 3: ");
}

TEST(ResultPages, AGroupThatCameMeanwhileMovesNothing) {
  auto all = periods();
  const auto page = cut_results(all, {}, 4);
  all[0][{"aa", "x"}];
  EXPECT_EQ(cut_results(all, *page.next, 4).parts.front().groups.front()->first.front(), "d");
}

TEST(ResultPages, APlaceIsReadBackWithAnyKeys) {
  for (const auto& keys : {GroupKeys{"t2.medium"}, GroupKeys{"lab$", ""}, GroupKeys{"", "$", "0"}}) {
    const auto back = parse_place(to_text({17, keys}));
    ASSERT_TRUE(back);
    EXPECT_EQ(back->period, 17u);
    EXPECT_EQ(back->after, keys);
  }
  EXPECT_FALSE(parse_place("x"));
  EXPECT_FALSE(parse_place(""));
  EXPECT_TRUE(cut_results(periods(), {99, {}}, 4).parts.empty());
}

}  // namespace
}  // namespace stipend::api
