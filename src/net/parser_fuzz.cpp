// The message parser: no input may crash it, and how the bytes are cut into pieces changes nothing.
#include <cstdlib>
#include <string>

#include "net/parser.hpp"

using namespace stipend::net;

namespace {

struct Outcome {
  std::string error, body;
  bool done = false;
  bool operator==(const Outcome&) const = default;
};

Outcome parse(Parser::Kind kind, std::string_view text, std::size_t head, std::size_t step) {
  Outcome outcome;
  Parser parser(kind);
  if (auto parsed = parser.head(text.substr(0, head)); !parsed) return {parsed.error().code, "", false};
  std::string window;
  for (std::size_t at = head; at < text.size() && !parser.done(); at += step) {
    window += text.substr(at, step);
    while (!parser.done()) {
      const auto piece = parser.body(window);
      if (!piece) {
        outcome.error = piece.error().code;
        return outcome;
      }
      if (piece->used == 0) break;
      outcome.body += piece->bytes;
      window.erase(0, piece->used);
    }
  }
  outcome.done = parser.done();
  return outcome;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0 || size > 6000) return 0;
  const auto kind = static_cast<Parser::Kind>(data[0] % 3);
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  std::size_t checked = 0, slow = 0;
  const auto head = head_size(text, checked);
  for (std::size_t n = 0; n <= text.size(); ++n) {
    const auto found = head_size(text.substr(0, n), slow);
    if (!found || *found != 0) {
      if (found.has_value() != head.has_value() || (head && *head != *found)) std::abort();
      break;
    }
  }
  if (!head || *head == 0) return 0;
  if (parse(kind, text, *head, text.size()) != parse(kind, text, *head, 1)) std::abort();
  return 0;
}
