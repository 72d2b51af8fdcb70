// Expected failure. A function that can fail for a reason its caller must handle returns Result<T>.
// A broken invariant is CHECK, which aborts the process; exceptions are for start-up and third-party
// code and are caught at the edge that calls it.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <utility>

namespace stipend::base {

// What kind of failure, for the code that decides what to do next; `code` is for the client.
enum class Fault : std::uint8_t {
  kInvalid,       // the request is wrong and will stay wrong
  kNotFound,
  kConflict,      // wrong state, duplicate, mismatch
  kDenied,        // authenticated, not allowed; or not authenticated
  kNoCredit,      // the money does not reach
  kNoRoom,        // a limit of the host or the service
  kThrottled,     // later
  kUnavailable,   // a dependency failed; nothing was promised
  kInternal,
};

// `code` is a stable word: AWS's own where there is one ("InvalidInstanceID.NotFound"), else ours
// ("InsufficientCredit"). `message` is a sentence that names the cure and holds no secret.
struct Error {
  Fault fault = Fault::kInternal;
  std::string code;
  std::string message;
};

template <class T>
using Result = std::expected<T, Error>;
using Status = Result<void>;

inline std::unexpected<Error> fail(Fault fault, std::string code, std::string message) {
  return std::unexpected<Error>(Error{fault, std::move(code), std::move(message)});
}

// strerror(errno) with what was tried: fail_errno("open /x", errno).
std::unexpected<Error> fail_errno(std::string what, int error_number);

}  // namespace stipend::base

// TRY(expr): the failure leaves the function; TRY_ASSIGN(auto x, expr): else x is its value.
#define STIPEND_CAT2(a, b) a##b
#define STIPEND_CAT(a, b) STIPEND_CAT2(a, b)
#define TRY(expr)                                                                      \
  do {                                                                                 \
    if (auto try_result_ = (expr); !try_result_) [[unlikely]]                          \
      return std::unexpected(std::move(try_result_).error());                          \
  } while (false)
#define TRY_ASSIGN_IMPL(tmp, decl, expr)                                               \
  auto tmp = (expr);                                                                   \
  if (!tmp) [[unlikely]] return std::unexpected(std::move(tmp).error());               \
  decl = *std::move(tmp)
#define TRY_ASSIGN(decl, expr) TRY_ASSIGN_IMPL(STIPEND_CAT(try_value_, __LINE__), decl, expr)
