#include "aws/text.hpp"

#include <gtest/gtest.h>

#include "aws/xml_codec.hpp"
#include "base/random.hpp"

namespace stipend::aws {
namespace {

TEST(Text, Base64BothWays) {
  for (const auto& [bytes, text] : {std::pair<std::string, std::string>{"", ""},
                                    {"f", "Zg=="},
                                    {"fo", "Zm8="},
                                    {"foo", "Zm9v"},
                                    {std::string("\0\xff\x10", 3), "AP8Q"}}) {
    EXPECT_EQ(to_base64(bytes), text);
    EXPECT_EQ(from_base64(text), bytes);
  }
  EXPECT_EQ(from_base64("Zg"), "f");
  EXPECT_EQ(from_base64("Zm\n9v\r\n"), "foo");
  for (const char* bad : {"Z", "Zg=", "Zg===", "Z===", "Zm9v=", "Z-==", "Zg==Zg=="})
    EXPECT_FALSE(from_base64(bad)) << bad;
}

TEST(Text, OnlyWhatXmlCanCarryIsPlain) {
  for (const char* good : {"", "a\tb\n\r", "é€😀", "\xEF\xBF\xBD"}) EXPECT_TRUE(is_plain_text(good)) << good;
  for (const char* bad : {"\x01", "\x7f\x80", "\xC0\xAF", "\xE0\x80\x80", "\xED\xA0\x80", "\xEF\xBF\xBE",
                          "\xF4\x90\x80\x80", "\xF0\x9F\x98", "\xFF"})
    EXPECT_FALSE(is_plain_text(bad));
  EXPECT_EQ(count_characters("é€😀a"), 4U);
}

TEST(Text, TheFastTimeIsTheSlowTime) {
  base::SeededRandom random(1);
  for (int i = 0; i < 2000; ++i) {
    const base::WallTime time{static_cast<std::int64_t>(random.below(8'000'000'000'000)) - 4'000'000'000'000};
    std::string text(kIso8601Bytes, ' ');
    write_iso8601(time, text.data());
    ASSERT_EQ(text, base::to_iso8601(time));
  }
  std::string text(kIso8601Bytes, ' ');
  write_iso8601(base::WallTime::never(), text.data());
  EXPECT_EQ(text, "9999-12-31T23:59:59.999Z");
}

// At every offset of an eight-byte step.
TEST(Text, XmlIsEscapedWhereverTheCharacterStands) {
  const std::pair<std::string, std::string> kinds[] = {{"&", "&amp;"},
                                                       {"<", "&lt;"},
                                                       {">", "&gt;"},
                                                       {"\"", "&quot;"},
                                                       {"\r", "&#13;"},
                                                       {"\t", "\t"},
                                                       {"\n", "\n"},
                                                       {"é", "é"},
                                                       {"😀", "😀"},
                                                       {"\x01", "\xEF\xBF\xBD"},
                                                       {"\xFF", "\xEF\xBF\xBD"},
                                                       {"'", "'"},
                                                       {"\x7f", "\x7f"}};
  for (const auto& [raw, escaped] : kinds)
    for (std::size_t before = 0; before < 18; ++before) {
      std::string out = "x";
      append_xml_escaped(out, std::string(before, 'a') + raw + "b" + raw);
      EXPECT_EQ(out, "x" + std::string(before, 'a') + escaped + "b" + escaped) << before;
    }
}

}  // namespace
}  // namespace stipend::aws
