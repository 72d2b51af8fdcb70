// CHECK(condition, "what can never be false"): aborts with file, line and text. Kept in every build.
#pragma once

#include <string_view>

namespace stipend::base {
[[noreturn]] void check_failed(const char* file, int line, const char* condition, std::string_view what);
}  // namespace stipend::base

#define CHECK(condition, what)                                                              \
  do {                                                                                      \
    if (!(condition)) [[unlikely]]                                                          \
      ::stipend::base::check_failed(__FILE__, __LINE__, #condition, what);                  \
  } while (false)
