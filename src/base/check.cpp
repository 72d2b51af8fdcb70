#include "base/check.hpp"

#include <cstdio>
#include <cstdlib>

namespace stipend::base {

void check_failed(const char* file, int line, const char* condition, std::string_view what) {
  std::fprintf(stderr, "%s:%d: invariant broken: %.*s (%s)\n", file, line, static_cast<int>(what.size()),
               what.data(), condition);
  std::abort();
}

}  // namespace stipend::base
