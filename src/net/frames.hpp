// WebSocket frames (RFC 6455 section 5), read piece by piece so that no frame need ever be whole in memory. Pure.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace stipend::net {

enum class FrameKind : std::uint8_t { kNone, kData, kPing, kPong, kClose };

struct FramePiece {
  FrameKind kind = FrameKind::kNone;  // kNone: more bytes are needed
  std::string_view bytes;             // of data what has come, unmasked; of the others the whole payload, at most 125 bytes
  std::size_t used = 0;               // of the bytes given
};

// What a client sends: every frame masked, no extensions, binary messages only.
class FrameReader {
 public:
  static constexpr std::uint64_t kFrameMax = 16 << 20;  // of one frame; real clients send some KiB

  // Takes the front of `bytes` and unmasks it in place. The piece's bytes live until the next call, or as long as `bytes`.
  // Error code FrameRefused: nothing may be read after it.
  base::Result<FramePiece> next(std::span<char> bytes);

 private:
  base::Status take_head();

  std::string head_;     // until it is whole: at most 14 bytes
  std::string control_;  // payload of a ping, pong or close
  std::uint64_t left_ = 0;
  std::uint64_t offset_ = 0;  // in the mask
  unsigned char mask_[4] = {};
  FrameKind kind_ = FrameKind::kNone;  // kNone: between frames
  bool in_message_ = false;
};

// The head of a frame that a server sends: whole, not masked.
std::string frame_head(FrameKind kind, std::size_t size);
std::string close_frame(std::uint16_t code);

}  // namespace stipend::net
