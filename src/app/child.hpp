// Running a sibling program in the foreground, without a shell.
#pragma once

#include <string>
#include <vector>

#include "base/result.hpp"

namespace stipend::app {

// Waits; the exit status, 128+signal when a signal ended it. Output goes where ours goes.
base::Result<int> run_program(const std::vector<std::string>& words);
// The same, its standard output caught (at most 1 MiB).
struct Caught {
  int status = 0;
  std::string output;
};
base::Result<Caught> catch_program(const std::vector<std::string>& words);

}  // namespace stipend::app
