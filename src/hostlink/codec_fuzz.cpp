// Whatever the server's side sends: the decoder neither crashes nor lets through what does not survive
// being encoded and read again.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "hostlink/codec.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace stipend::hostlink;
  const std::string_view packet(reinterpret_cast<const char*>(data), size);
  if (const auto request = decode_request(packet)) {
    const std::string once = encode(*request);
    const auto again = decode_request(once);
    if (!again || encode(*again) != once) std::abort();
  }
  if (const auto event = decode_event(packet)) {
    const auto again = decode_event(encode(*event));
    if (!again) std::abort();
  }
  return 0;
}
