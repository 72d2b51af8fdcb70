#include "app/doctor.hpp"

#include <gtest/gtest.h>

namespace stipend::app {
namespace {

TEST(Doctor, ReadsTheVerdictsOfTheHostsCheck) {
  const auto found = parse_findings(R"([{"check":"root","cure":"","sentence":"running as root","verdict":"ok"},
                                        {"check":"lxcfs","cure":"start it","sentence":"lxcfs is down","verdict":"fail"}])");
  ASSERT_TRUE(found);
  EXPECT_FALSE(any_failed({found->front()}));
  EXPECT_TRUE(any_failed(*found));
  EXPECT_NE(to_text(*found).find("-> start it"), std::string::npos);
}

TEST(Doctor, AnythingElseIsNoAnswer) {
  for (const char* text : {"", "not JSON", "{}", "[1]"}) EXPECT_FALSE(parse_findings(text)) << text;
}

}  // namespace
}  // namespace stipend::app
