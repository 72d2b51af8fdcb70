#include "app/handover.hpp"

#include <gtest/gtest.h>

namespace stipend::app {
namespace {

TEST(Handover, APairAndAStateArriveAsTheyWere) {
  Handover what;
  what.pair = PemPair{"certificate\n", "key\n"};
  what.state = {{"problem", "none"}};
  const auto back = from_packet(to_packet(what));
  ASSERT_TRUE(back);
  ASSERT_TRUE(back->pair);
  EXPECT_EQ(back->pair->certificate, "certificate\n");
  EXPECT_EQ(back->pair->key, "key\n");
  EXPECT_EQ(back->state, what.state);
  EXPECT_FALSE(from_packet(to_packet({}))->pair);
}

TEST(Handover, WhatTheKeeperDoesNotSendIsRefused) {
  for (const char* bytes : {"", "null", "[]", "{\"pair\":1}", "{\"pair\":{}}", "{\"pair\":{\"certificate\":1,\"key\":\"\"}}", "{\"pair\":{\"key\":\"\"}}", "{"})
    EXPECT_FALSE(from_packet(bytes)) << bytes;
}

}  // namespace
}  // namespace stipend::app
