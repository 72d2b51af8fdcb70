#include "api/describe/pattern.hpp"

namespace stipend::api {
namespace {
// Past one character of UTF-8.
std::size_t next_character(std::string_view text, std::size_t at) {
  ++at;
  while (at < text.size() && (static_cast<unsigned char>(text[at]) & 0xc0) == 0x80) ++at;
  return at;
}
}  // namespace

Pattern::Pattern(std::string_view text) {
  bool wild = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool escaped = text[i] == '\\' && i + 1 < text.size() &&
                         (text[i + 1] == '*' || text[i + 1] == '?' || text[i + 1] == '\\');
    if (escaped) ++i;
    const auto kind = escaped          ? Kind::kByte
                      : text[i] == '*' ? Kind::kAny
                      : text[i] == '?' ? Kind::kOne
                                       : Kind::kByte;
    wild = wild || kind != Kind::kByte;
    if (kind == Kind::kAny && !tokens_.empty() && tokens_.back().kind == Kind::kAny) continue;
    tokens_.push_back({kind, text[i]});
    plain_ += text[i];
  }
  if (!wild) tokens_.clear();
}

bool Pattern::matches(std::string_view value) const {
  if (tokens_.empty()) return value == plain_;
  std::size_t at = 0, token = 0;
  std::size_t star = tokens_.size(), star_at = 0;  // the last '*' met, and how much of the value it takes
  while (at < value.size()) {
    if (token < tokens_.size() && tokens_[token].kind == Kind::kAny) {
      star = token++;
      star_at = at;
    } else if (token < tokens_.size() && tokens_[token].kind == Kind::kOne) {
      at = next_character(value, at);
      ++token;
    } else if (token < tokens_.size() && tokens_[token].byte == value[at]) {
      ++at;
      ++token;
    } else if (star < tokens_.size()) {
      token = star + 1;
      at = star_at = next_character(value, star_at);
    } else {
      return false;
    }
  }
  while (token < tokens_.size() && tokens_[token].kind == Kind::kAny) ++token;
  return token == tokens_.size();
}

}  // namespace stipend::api
