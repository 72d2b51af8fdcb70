#include "api/describe/filter.hpp"

#include <gtest/gtest.h>

namespace stipend::api {
namespace {

TEST(Pattern, StarAndQuestionMarkAreWildUnlessEscaped) {
  struct Row {
    const char* pattern;
    const char* value;
    bool matches;
  };
  for (const Row& row : std::vector<Row>{
           {"t2.micro", "t2.micro", true},
           {"t2.micro", "T2.micro", false},
           {"t2.micro", "t2.micr", false},
           {"t2.*", "t2.micro", true},
           {"t2.*", "t2.", true},
           {"t2.*", "t2", false},
           {"*", "", true},
           {"*", "anything", true},
           {"?", "", false},
           {"?", "a", true},
           {"?", "\xc3\xa9", true},
           {"?\?", "\xc3\xa9", false},
           {"a*b*c", "aXXbYYc", true},
           {"a*b*c", "aXXbYY", false},
           {"*ab", "aab", true},
           {"*a*a*a*", "aa", false},
           {"**", "x", true},
           {"a**b", "ab", true},
           {R"(\*)", "*", true},
           {R"(\*)", "x", false},
           {R"(a\?*)", "a?b", true},
           {R"(a\?*)", "aXb", false},
           {R"(\\*)", R"(\x)", true},
           {R"(a\b)", R"(a\b)", true},
           {R"(end\)", R"(end\)", true},
           {"", "", true},
           {"", "x", false},
       })
    EXPECT_EQ(Pattern(row.pattern).matches(row.value), row.matches) << row.pattern << " on " << row.value;
}

TEST(Pattern, ManyStarsStayCheap) {
  std::string pattern;
  for (int i = 0; i < 300; ++i) pattern += "a*";
  EXPECT_FALSE(Pattern(pattern + "b").matches(std::string(1000, 'a')));
}

struct Thing {
  std::string colour;
  std::vector<std::string> ports;
  domain::Tags tags;
};

constexpr FilterTable<Thing>::Field kFields[] = {
    {"colour", [](const Thing& t, Probe& p) { p(t.colour); }},
    {"port",
     [](const Thing& t, Probe& p) {
       for (const auto& port : t.ports) p(port);
     }},
};
constexpr std::string_view kUnset[] = {"host-id"};
constexpr FilterTable<Thing> kTable{kFields, kUnset,
                                    [](const Thing& t) -> const domain::Tags& { return t.tags; }};

class Things : public testing::Test {
 protected:
  using Wanted = std::vector<std::pair<std::string, std::vector<std::string>>>;
  base::Result<Filter<Thing>> make(const Wanted& wanted) {
    std::vector<Condition> conditions;
    for (const auto& [name, values] : wanted) conditions.push_back({name, values});
    return Filter<Thing>::make(kTable, conditions);
  }
  bool matches(const Wanted& wanted) {
    const auto filter = make(wanted);
    EXPECT_TRUE(filter.has_value());
    return filter->matches(thing_);
  }
  std::string code(const Wanted& wanted) {
    const auto filter = make(wanted);
    return filter ? "" : filter.error().code;
  }
  Thing thing_{"red", {"22", "80"}, {{"Name", "lab 1"}, {"Owner", ""}}};
};

TEST_F(Things, EveryFilterMustHoldByOneOfItsValues) {
  EXPECT_TRUE(matches({}));
  EXPECT_TRUE(matches({{"colour", {"blue", "red"}}}));
  EXPECT_TRUE(matches({{"colour", {"r?d"}}, {"port", {"80"}}}));
  EXPECT_FALSE(matches({{"colour", {"red"}}, {"port", {"443"}}}));
  EXPECT_FALSE(matches({{"host-id", {"*"}}}));
}

TEST_F(Things, TagsAreFoundByKeyAndByValue) {
  EXPECT_TRUE(matches({{"tag:Name", {"lab*"}}}));
  EXPECT_FALSE(matches({{"tag:name", {"*"}}}));
  EXPECT_TRUE(matches({{"tag:Owner", {""}}}));
  EXPECT_TRUE(matches({{"tag-key", {"Own*"}}}));
  EXPECT_FALSE(matches({{"tag-key", {"Course"}}}));
}

TEST_F(Things, WhatAwsDoesNotKnowIsRefused) {
  EXPECT_EQ(code({{"color", {"red"}}}), "InvalidParameterValue");
  EXPECT_EQ(code({{"tag:", {"red"}}}), "InvalidParameterValue");
  EXPECT_EQ(code({{"", {"red"}}}), "InvalidParameterValue");
  EXPECT_EQ(code({{"colour", {}}}), "InvalidParameterValue");
  EXPECT_EQ(code({{"colour", {std::string(5000, 'x')}}}), "InvalidParameterValue");
  EXPECT_EQ(code({{"colour", std::vector<std::string>(201, "x")}}), "FilterLimitExceeded");
  EXPECT_EQ(code({{"colour", std::vector<std::string>(200, "x")}}), "");
  EXPECT_EQ(make({{"color", {"x"}}}).error().message, "The filter 'color' is invalid");
}

}  // namespace
}  // namespace stipend::api
