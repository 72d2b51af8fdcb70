// `stipend doctor`: what this computer lacks, in plain words, and how to get it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "app/config.hpp"
#include "app/paths.hpp"

namespace stipend::app {

struct Finding {
  std::string check, level, sentence, cure;  // level: ok | warn | fail
};

// What `stipend-host check` printed; nullopt when it is something else.
std::optional<std::vector<Finding>> parse_findings(const std::string& text);

// Runs `stipend-host check` (as far as this user may) and looks at the server's own needs.
std::vector<Finding> examine(const Paths& paths, const Config& config);

std::string to_text(const std::vector<Finding>& findings);
bool any_failed(const std::vector<Finding>& findings);

}  // namespace stipend::app
