#include "net/frames.hpp"

#include <gtest/gtest.h>

namespace stipend::net {
namespace {

std::string masked(unsigned char first, std::string payload, const std::string& mask = "mask") {
  std::string frame(1, static_cast<char>(first));
  if (payload.size() < 126) {
    frame += static_cast<char>(0x80 | payload.size());
  } else {
    frame += static_cast<char>(0x80 | 126);
    frame += static_cast<char>(payload.size() >> 8);
    frame += static_cast<char>(payload.size() & 0xff);
  }
  frame += mask;
  for (std::size_t i = 0; i < payload.size(); ++i) frame += static_cast<char>(payload[i] ^ mask[i % 4]);
  return frame;
}

// Everything that is read, "P:" and so on before control frames; "refused" at the end when it was.
std::string read(std::string bytes, std::size_t step = 1'000'000) {
  FrameReader reader;
  std::string out;
  for (std::size_t at = 0; at < bytes.size();) {
    std::span<char> given(bytes.data() + at, std::min(step, bytes.size() - at));
    while (!given.empty()) {
      const auto piece = reader.next(given);
      if (!piece) return out + "refused";
      if (piece->kind == FrameKind::kPing) out += "[ping ";
      if (piece->kind == FrameKind::kPong) out += "[pong ";
      if (piece->kind == FrameKind::kClose) out += "[close ";
      out += piece->bytes;
      if (piece->kind > FrameKind::kData) out += "]";
      at += piece->used;
      given = given.subspan(piece->used);
    }
  }
  return out;
}

TEST(Frames, DataIsReadWhereverItIsCut) {
  const std::string big(40'000, 'x');
  const std::string bytes = masked(0x82, "one") + masked(0x02, "two") + masked(0x89, "hi") + masked(0x80, "three") + masked(0x82, "") + masked(0x82, big);
  for (const std::size_t step : {1, 2, 3, 7, 4096, 1'000'000}) EXPECT_EQ(read(bytes, step), "onetwo[ping hi]three" + big) << step;
}

TEST(Frames, ControlFramesAreWhole) {
  EXPECT_EQ(read(masked(0x8a, "") + masked(0x88, "\x03\xe8"), 1), "[pong ][close \x03\xe8]");
}

TEST(Frames, WhatIsNoFrameOfAClientIsRefused) {
  std::string unmasked = {'\x82', '\x03', 'a', 'b', 'c', 'd', 'e'};
  for (const std::string& bytes : {unmasked, masked(0x81, "text"), masked(0xc2, "rsv"), masked(0x80, "continues nothing"),
                                   masked(0x02, "a") + masked(0x82, "b"), masked(0x09, "a ping in parts"), masked(0x89, std::string(126, 'x')),
                                   masked(0x88, "x"), masked(0x83, ""), masked(0x8f, "")})
    EXPECT_TRUE(read(bytes).ends_with("refused"));
  // 126 as a length that fits one byte; 2^62 as a length.
  EXPECT_EQ(read(std::string("\x82\xfe\x00\x05mask", 8)), "refused");
  EXPECT_EQ(read(std::string("\x82\xff\x40\x00\x00\x00\x00\x00\x00\x00mask", 14)), "refused");
}

TEST(Frames, HeadsOfEverySize) {
  EXPECT_EQ(frame_head(FrameKind::kData, 5), "\x82\x05");
  EXPECT_EQ(frame_head(FrameKind::kData, 126), std::string("\x82\x7e\x00\x7e", 4));
  EXPECT_EQ(frame_head(FrameKind::kData, 65'536), std::string("\x82\x7f\x00\x00\x00\x00\x00\x01\x00\x00", 10));
  EXPECT_EQ(close_frame(1000), "\x88\x02\x03\xe8");
}

}  // namespace
}  // namespace stipend::net
