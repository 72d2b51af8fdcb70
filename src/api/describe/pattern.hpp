// The value of a filter: text in which * stands for any text and ? for one character, unless a backslash
// stands before them ("Filter your resources", EC2 User Guide). Case counts. Pure, any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace stipend::api {

class Pattern {
 public:
  explicit Pattern(std::string_view text);
  bool matches(std::string_view value) const;  // at most O(pattern x value)

 private:
  enum class Kind : std::uint8_t { kByte, kOne, kAny };
  struct Token {
    Kind kind;
    char byte;
  };
  std::string plain_;          // the unescaped text
  std::vector<Token> tokens_;  // empty: compare with plain_
};

}  // namespace stipend::api
