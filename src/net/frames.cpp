#include "net/frames.hpp"

#include <algorithm>

namespace stipend::net {
namespace {

constexpr unsigned char kFinal = 0x80, kReserved = 0x70, kMasked = 0x80;
constexpr unsigned char kContinuation = 0, kBinary = 2, kClose = 8, kPing = 9, kPong = 10;

std::unexpected<base::Error> refused(const char* why) { return base::fail(base::Fault::kInvalid, "FrameRefused", why); }

// How long the head is, as far as its first two bytes tell.
std::size_t head_length(std::string_view head) {
  if (head.size() < 2) return 2;
  const auto size = static_cast<unsigned char>(head[1]) & 0x7f;
  return 2 + (size == 126 ? 2 : size == 127 ? 8 : 0) + 4;
}

}  // namespace

base::Status FrameReader::take_head() {
  const auto byte = [this](std::size_t i) { return static_cast<unsigned char>(head_[i]); };
  const unsigned char code = byte(0) & 0x0f;
  const bool final = (byte(0) & kFinal) != 0;
  if (byte(0) & kReserved) return refused("a reserved bit is set");
  std::uint64_t size = byte(1) & 0x7f;
  const std::size_t more = size == 126 ? 2 : size == 127 ? 8 : 0;
  if (more > 0) {
    size = 0;
    for (std::size_t i = 0; i < more; ++i) size = size << 8 | byte(2 + i);
    if (size < (more == 2 ? 126U : 65'536U)) return refused("a length is longer than it need be");
  }
  if (size > kFrameMax) return refused("a frame is too large");
  switch (code) {
    case kContinuation:
      if (!in_message_) return refused("a continuation continues nothing");
      kind_ = FrameKind::kData;
      in_message_ = !final;
      break;
    case kBinary:
      if (in_message_) return refused("a message begins inside another");
      kind_ = FrameKind::kData;
      in_message_ = !final;
      break;
    case kClose:
    case kPing:
    case kPong:
      if (!final || size > 125) return refused("a control frame is too large or in parts");
      kind_ = code == kClose ? FrameKind::kClose : code == kPing ? FrameKind::kPing : FrameKind::kPong;
      if (kind_ == FrameKind::kClose && size == 1) return refused("half a status code");
      break;
    default: return refused("only binary messages are carried here");
  }
  std::copy_n(head_.begin() + static_cast<std::ptrdiff_t>(2 + more), 4, mask_);
  head_.clear();
  control_.clear();
  left_ = size;
  offset_ = 0;
  return {};
}

base::Result<FramePiece> FrameReader::next(std::span<char> bytes) {
  FramePiece piece;
  if (kind_ == FrameKind::kNone) {
    while (head_.size() < head_length(head_)) {
      if (piece.used == bytes.size()) return piece;
      head_ += bytes[piece.used++];
      // At once: what is no client's frame need not be long enough for a mask.
      if (head_.size() == 2 && !(static_cast<unsigned char>(head_[1]) & kMasked)) return refused("a client's frame must be masked");
    }
    TRY(take_head());
  }
  const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(left_, bytes.size() - piece.used));
  const auto payload = bytes.subspan(piece.used, size);
  for (char& c : payload) c = static_cast<char>(c ^ mask_[offset_++ % 4]);
  piece.used += size;
  left_ -= size;
  const bool whole = left_ == 0;
  if (kind_ == FrameKind::kData) {
    piece.kind = size > 0 || whole ? FrameKind::kData : FrameKind::kNone;
    piece.bytes = {payload.data(), payload.size()};
  } else {
    control_.append(payload.data(), payload.size());
    if (whole) {
      piece.kind = kind_;
      piece.bytes = control_;
    }
  }
  if (whole) kind_ = FrameKind::kNone;
  return piece;
}

std::string frame_head(FrameKind kind, std::size_t size) {
  const unsigned char code = kind == FrameKind::kClose ? kClose : kind == FrameKind::kPing ? kPing : kind == FrameKind::kPong ? kPong : kBinary;
  std::string head(1, static_cast<char>(kFinal | code));
  const auto big_endian = [&](int count) {
    for (int i = count - 1; i >= 0; --i) head += static_cast<char>(size >> (8 * i) & 0xff);
  };
  if (size < 126) {
    head += static_cast<char>(size);
  } else if (size < 65'536) {
    head += static_cast<char>(126);
    big_endian(2);
  } else {
    head += static_cast<char>(127);
    big_endian(8);
  }
  return head;
}

std::string close_frame(std::uint16_t code) {
  return frame_head(FrameKind::kClose, 2) + static_cast<char>(code >> 8) + static_cast<char>(code & 0xff);
}

}  // namespace stipend::net
