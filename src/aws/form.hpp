// application/x-www-form-urlencoded text, decoded. Fields are sorted so that the parts of one structure or
// list stand together and list indexes ascend ("A.2" before "A.10"), whatever order the client sent.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace stipend::aws {

struct FormField {
  std::string_view key, value;
};

class Form {
 public:
  static constexpr std::size_t kFieldsMax = 10'000;
  static constexpr std::size_t kKeyBytesMax = 512;

  Form() = default;
  // Fails with MalformedQueryString: bad %-escape, too many fields, a key too long, a key given twice;
  // with InvalidCharacter: text that is not UTF-8 or has control characters XML cannot carry.
  static base::Result<Form> parse(std::string_view text);

  std::span<const FormField> fields() const { return fields_; }
  std::string_view get(std::string_view key) const;  // empty when absent

 private:
  std::vector<char> bytes_;  // what the fields view; its heap block stays where it is when a Form moves
  std::vector<FormField> fields_;
};

// Percent-encoding with RFC 3986's unreserved characters left as they are; space becomes %20.
void append_percent_encoded(std::string& out, std::string_view text);
// False on a broken escape. `plus_is_space` as in forms.
bool append_percent_decoded(std::string& out, std::string_view text, bool plus_is_space);

}  // namespace stipend::aws
