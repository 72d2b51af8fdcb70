#include "base/result.hpp"

#include <cstring>

namespace stipend::base {

std::unexpected<Error> fail_errno(std::string what, int error_number) {
  char text[256];
  const char* said = strerror_r(error_number, text, sizeof text);
  return fail(Fault::kUnavailable, "SystemError", std::move(what) + ": " + said);
}

}  // namespace stipend::base
