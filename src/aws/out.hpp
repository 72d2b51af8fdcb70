// Text being written: appends without a check per character, into the string it then is. Where an answer is
// long, most of the time would go into std::string::append. One writer, one thread.
#pragma once

#include <algorithm>
#include <cstring>
#include <string>
#include <string_view>

namespace stipend::aws {

class Out {
 public:
  // Continues `text`, which is complete again after finish().
  Out(std::string& text, std::size_t room) : text_(text), used_(text.size()) { grow_to(used_ + room); }
  Out(const Out&) = delete;
  Out& operator=(const Out&) = delete;
  ~Out() { finish(); }

  void append(std::string_view s) {
    std::memcpy(room_for(s.size()), s.data(), s.size());
    used_ += s.size();
  }
  // Where at least `count` bytes may be written; advance() tells how many were.
  char* room_for(std::size_t count) {
    if (text_.size() - used_ < count) [[unlikely]]
      grow_to(std::max(text_.size() * 2, used_ + count));
    return text_.data() + used_;
  }
  void advance(std::size_t count) { used_ += count; }
  void finish() {
    if (used_ < text_.size()) text_.resize(used_);
  }

 private:
  // Without zeros that are written over at once.
  void grow_to(std::size_t size) {
    text_.resize_and_overwrite(size, [](char*, std::size_t all) { return all; });
  }

  std::string& text_;
  std::size_t used_;
};

}  // namespace stipend::aws
