// Whatever one side of a file worker's connection sends: the decoder neither crashes nor lets through what leaves the
// tree or does not survive being encoded and read again.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "hostlink/file_codec.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace stipend::hostlink;
  const std::string_view payload(reinterpret_cast<const char*>(data), size);
  if (const auto request = decode_file_request(payload)) {
    if (encode(*request) != payload) std::abort();
    if (const auto* move = std::get_if<MoveEntry>(&*request); move && !(is_relative_path(move->from) && is_relative_path(move->to)))
      std::abort();
  }
  if (const auto answer = decode_file_answer(payload); answer && encode(*answer) != payload) std::abort();
  return 0;
}
