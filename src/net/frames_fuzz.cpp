// Frames cut at every place: no crash, no more data out than bytes in, and the cuts change nothing.
#include <cstdlib>
#include <string>

#include "net/frames.hpp"

namespace {

std::string read_all(std::string bytes, std::size_t step, bool& refused) {
  stipend::net::FrameReader reader;
  std::string out;
  for (std::size_t at = 0; at < bytes.size();) {
    std::span<char> given(bytes.data() + at, std::min(step, bytes.size() - at));
    while (!given.empty()) {
      const auto piece = reader.next(given);
      if (!piece) {
        refused = true;
        return out;
      }
      if (piece->kind != stipend::net::FrameKind::kNone && piece->kind != stipend::net::FrameKind::kData)
        out += static_cast<char>(piece->kind);
      out += piece->bytes;
      if (piece->kind == stipend::net::FrameKind::kNone && piece->used == 0) std::abort();
      at += piece->used;
      given = given.subspan(piece->used);
    }
  }
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  const std::string bytes(reinterpret_cast<const char*>(data), size);
  bool whole_refused = false, cut_refused = false;
  const auto whole = read_all(bytes, bytes.size() + 1, whole_refused);
  const auto cut = read_all(bytes, 1, cut_refused);
  if (whole != cut || whole_refused != cut_refused || whole.size() > bytes.size()) std::abort();
  return 0;
}
