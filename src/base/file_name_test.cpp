#include "base/file_name.hpp"

#include <gtest/gtest.h>

namespace stipend::base {
namespace {

TEST(FileName, HarmlessNamesStayAsTheyAre) {
  for (const std::string name : {"notes.txt", "caf\xc3\xa9", "\xe8\xaf\xbe.ipynb", ".hidden", "a b", "2020-01-01T10:00", "\xf0\x9f\x8e\x93"})
    EXPECT_EQ(harmless_name(name), name);
}

TEST(FileName, WhatEscapesOrDeceivesIsReplaced) {
  EXPECT_EQ(harmless_name(".."), "_");
  EXPECT_EQ(harmless_name("."), "_");
  EXPECT_EQ(harmless_name(""), "_");
  EXPECT_EQ(harmless_name("..\\..\\x"), ".._.._x");
  EXPECT_EQ(harmless_name("a/b"), "a_b");
  EXPECT_EQ(harmless_name("a\r\nSet-Cookie: x"), "a__Set-Cookie: x");
  EXPECT_EQ(harmless_name("txt\xe2\x80\xaegpj.exe"), "txt_gpj.exe");  // right-to-left override
  EXPECT_EQ(harmless_name("caf\xe9"), "caf\xef\xbf\xbd");
  EXPECT_EQ(harmless_name("\xc0\xae\xc0\xae"), "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");  // overlong dots
  EXPECT_EQ(harmless_name("\xed\xa0\x80"), "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");          // a surrogate
}

}  // namespace
}  // namespace stipend::base
