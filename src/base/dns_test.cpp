#include "base/dns.hpp"

#include <gtest/gtest.h>

#include <string>

namespace stipend::base {
namespace {

TEST(Dns, LabelsAreLowerCaseLettersDigitsAndInnerDashes) {
  EXPECT_TRUE(is_dns_label("ip-10-64-0-9"));
  for (const char* bad : {"", "-a", "a-", "A", "a.b", "a\nb", "a b"}) EXPECT_FALSE(is_dns_label(bad)) << bad;
}

TEST(Dns, NamesAreLabelsWithDotsAndNoIpAddresses) {
  for (const char* good : {"localhost", "stipend.example.edu", "a.b-2.c3"}) EXPECT_TRUE(is_dns_name(good)) << good;
  for (const char* bad : {"", ".", "a.", ".a", "a..b", "*.a.edu", "a.edu:443", "https://a.edu", "192.0.2.7", "[::1]", "Ä.edu"})
    EXPECT_FALSE(is_dns_name(bad)) << bad;
  EXPECT_FALSE(is_dns_name(std::string(64, 'a') + ".edu"));
}

}  // namespace
}  // namespace stipend::base
