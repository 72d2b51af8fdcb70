#include "base/port_range.hpp"

#include <gtest/gtest.h>

namespace stipend::base {
namespace {

TEST(PortRange, IsReadAsItIsWritten) {
  EXPECT_EQ(parse_port_range("30000-30999"), (PortRange{30000, 30999}));
  EXPECT_EQ(parse_port_range("65535-65535"), (PortRange{65535, 65535}));
  for (const char* wrong : {"", "-", "30000", "30000-", "-30000", "30001-30000", "80-90", "30000-65536", "30000-30999 ", "1024-5120", "a-b", "3e4-4e4"})
    EXPECT_FALSE(parse_port_range(wrong)) << wrong;
}

}  // namespace
}  // namespace stipend::base
