// Bytes received and not yet dealt with: one contiguous buffer that starts small, grows to what a message
// needs and gives its memory back. Internal to net.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>
#include <string_view>

namespace stipend::net {

class Window {
 public:
  std::string_view view() const { return {bytes_.get() + begin_, end_ - begin_}; }
  std::size_t size() const { return end_ - begin_; }
  bool empty() const { return begin_ == end_; }
  void consume(std::size_t count) {
    begin_ += count;
    if (begin_ == end_) begin_ = end_ = 0;
  }

  // At least `least` bytes to receive into, behind what is there. Moves earlier views.
  char* space(std::size_t least) {
    if (room_ - end_ < least) {
      const std::size_t kept = size();
      if (room_ < kept + least) {
        const std::size_t grown = std::max(kept + least, 2 * room_);
        auto bytes = std::make_unique_for_overwrite<char[]>(grown);
        if (kept != 0) std::memcpy(bytes.get(), bytes_.get() + begin_, kept);
        bytes_ = std::move(bytes);
        room_ = grown;
      } else {
        std::memmove(bytes_.get(), bytes_.get() + begin_, kept);
      }
      begin_ = 0;
      end_ = kept;
    }
    return bytes_.get() + end_;
  }
  std::size_t room() const { return room_ - end_; }
  void commit(std::size_t count) { end_ += count; }

  // Frees the buffer when it is empty and larger than `keep`.
  void shrink(std::size_t keep) {
    if (empty() && room_ > keep) {
      bytes_.reset();
      room_ = begin_ = end_ = 0;
    }
  }

 private:
  std::unique_ptr<char[]> bytes_;
  std::size_t begin_ = 0, end_ = 0, room_ = 0;
};

}  // namespace stipend::net
