// NextToken: where a listing goes on, sealed (XChaCha20-Poly1305) so that it holds for one account, operation
// and set of parameters, and tells the client nothing. Nothing is kept on the server. Any thread.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "base/ids.hpp"
#include "base/result.hpp"

namespace stipend::api {

// What a token is good for. Views: for the length of a call.
struct CursorScope {
  std::string_view account, operation;
  std::string_view request_hash;  // of all parameters but the token and the page's size
};

class Cursors {
 public:
  using Key = std::array<unsigned char, 32>;
  // With the key kept, tokens survive a restart.
  Cursors(Key key, base::Random& random);  // `random` must be safe for any thread
  std::string seal(const CursorScope& scope, std::string_view last_key) const;
  // The last key; InvalidNextToken when altered, or made for anything else.
  base::Result<std::string> open(const CursorScope& scope, std::string_view token) const;

 private:
  Key key_;
  base::Random* random_;
};

}  // namespace stipend::api
