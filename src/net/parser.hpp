// One HTTP/1.1 message, parsed strictly as bytes arrive. Internal to net; the only user of Beast.
// Refuses what lets two servers disagree about where a message ends: Content-Length with
// Transfer-Encoding, differing or listed Content-Length, folded lines, bare LF, broken chunks, no or two
// Hosts. Error codes: BadRequest, HeadTooLarge, NotImplemented, VersionNotSupported (see status_of).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "base/result.hpp"
#include "net/http.hpp"

namespace stipend::net {

inline constexpr std::size_t kFieldsMax = 128;          // of one head; beyond: HeadTooLarge
inline constexpr std::size_t kChunkLineMax = 8 * 1024;  // a chunk's size line, or all trailers

// The size of the head that `data` starts with, blank line included; 0 while it is not all there.
// `checked` remembers how far earlier calls looked (start with 0).
base::Result<std::size_t> head_size(std::string_view data, std::size_t& checked);

int status_of(const base::Error& error);  // of a parser's error: 400, 431, 501, 505

class Parser {
 public:
  struct Framing {
    bool chunked = false;
    bool until_close = false;             // a response that ends with its connection
    std::optional<std::uint64_t> length;  // as declared; not declared: nullopt
    bool keep_alive = false;
  };
  struct Piece {
    std::size_t used = 0;    // bytes of `data` that are done with; 0: more is needed
    std::string_view bytes;  // the body bytes among them, pointing into `data`
  };

  enum class Kind { kRequest, kResponse, kResponseToHead };
  explicit Parser(Kind kind);
  ~Parser();
  Parser(const Parser&) = delete;
  Parser& operator=(const Parser&) = delete;

  // Exactly one head, as head_size() measured it. Once.
  base::Status head(std::string_view bytes);
  Request& request();    // after head(), of a kRequest; peer is left to the caller
  Response& response();  // after head(), of the others; body empty
  const Framing& framing() const;

  bool done() const;                                // the whole message, its body too, has been seen
  base::Result<Piece> body(std::string_view data);  // not after done()
  base::Status end_of_input();                      // fails when the message is cut off

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace stipend::net
