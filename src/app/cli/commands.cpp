#include "app/cli/commands.hpp"

#include <fmt/format.h>

namespace stipend::app {

void Cli::fail(const base::Error& error) {
  if (json) fmt::print(stderr, "{}\n", Json{{"code", error.code}, {"message", error.message}}.dump());
  else fmt::print(stderr, "stipend: {}\n", escape_controls(error.message));
  status = 1;
}

void Cli::ask(const std::string& command, Json arguments, const std::function<std::string(const Json&)>& print) {
  const auto where = paths();
  if (!where) return fail(where.error());
  const auto answer = ask_server(*where, command, std::move(arguments));
  if (!answer) return fail(answer.error());
  fmt::print("{}", json ? answer->dump(2) + "\n" : print(*answer));
}

}  // namespace stipend::app
