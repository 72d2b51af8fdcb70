// What the command line's subjects are built from.
#pragma once

#include "app/cli/commands.hpp"

namespace stipend::app {

// A sub-command with its own --json, as people type it at the end.
CLI::App* sub(CLI::App& parent, Cli& cli, const std::string& name, const std::string& what);
// An option's text, or a flag, kept as long as the command line lives.
std::string& option(CLI::App* command, const std::string& flags, const std::string& what, bool required);
bool& flag(CLI::App* command, const std::string& flags, const std::string& what);
// A member of `j` that is text, safe for a terminal.
std::string line(const Json& j, const char* key);
// As it is into a file; on a terminal with its control characters shown.
void print_csv(const std::string& csv);

}  // namespace stipend::app
