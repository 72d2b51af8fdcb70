// The SSH wire format of keys (RFC 4251 section 5, RFC 4253 section 6.6, RFC 8709). Pure, any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace stipend::api {

class SshWriter {
 public:
  SshWriter& u32(std::uint32_t value);
  SshWriter& text(std::string_view bytes);    // length, bytes
  SshWriter& number(std::string_view bytes);  // an unsigned big-endian number as mpint
  SshWriter& raw(std::string_view bytes);
  const std::string& str() const { return out_; }

 private:
  std::string out_;
};

class SshReader {
 public:
  explicit SshReader(std::string_view bytes) : rest_(bytes) {}
  std::optional<std::string_view> text();
  std::optional<std::string_view> number();  // a positive mpint without its leading zeros
  bool at_end() const { return rest_.empty(); }

 private:
  std::string_view rest_;
};

}  // namespace stipend::api
