#include "app/cli/parts.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <deque>
#include <utility>

namespace stipend::app {

CLI::App* sub(CLI::App& parent, Cli& cli, const std::string& name, const std::string& what) {
  auto* command = parent.add_subcommand(name, what);
  command->add_flag("--json", cli.json, "print JSON for programs");
  return command;
}

std::string& option(CLI::App* command, const std::string& flags, const std::string& what, bool required) {
  static std::deque<std::string> values;  // as long-lived as the parser's references to them
  auto& value = values.emplace_back();
  auto* added = command->add_option(flags, value, what);
  if (required) added->required();
  if (!flags.starts_with("--")) added->type_name("");
  return value;
}

bool& flag(CLI::App* command, const std::string& flags, const std::string& what) {
  static std::deque<bool> values;
  auto& value = values.emplace_back(false);
  command->add_flag(flags, value, what);
  return value;
}

std::string line(const Json& j, const char* key) { return escape_controls(j.value(key, "")); }

void print_csv(const std::string& csv) {
  if (!isatty(STDOUT_FILENO)) {
    fmt::print("{}", csv);
    return;
  }
  std::string one;
  for (const char c : csv) {
    if (c == '\r') continue;
    if (c != '\n') one += c;
    else fmt::print("{}\n", escape_controls(std::exchange(one, {})));
  }
}

}  // namespace stipend::app
