// `stipend ssh`: the script that students download from the console, run by this computer's Python. One program serves
// both, so what is tested is what they have.
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "app/cli/commands.hpp"
#include "gateway/assets.hpp"

namespace stipend::app {
namespace {

std::string quoted(const std::string& word) {
  std::string out = "'";
  for (const char c : word) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

}  // namespace

void add_ssh_command(CLI::App& app) {
  app.add_subcommand("ssh", "ssh to a machine through the server's own HTTPS, with an AWS profile: stipend ssh --help");
}

int run_ssh(int count, char** words) {
  const auto* script = gateway::find_asset("stipend-ssh.py");
  std::error_code error;
  const auto self = std::filesystem::read_symlink("/proc/self/exe", error).string();
  setenv("STIPEND_SSH_SELF", fmt::format("{} ssh", quoted(self)).c_str(), 1);
  std::string program = "python3", dash_c = "-c", text = script ? *script->bytes : "";
  std::vector<char*> argv = {program.data(), dash_c.data(), text.data()};
  argv.insert(argv.end(), words, words + count);
  argv.push_back(nullptr);
  execvp(program.c_str(), argv.data());
  fmt::print(stderr, "stipend: python3 cannot be started: {}; apt install python3\n", std::strerror(errno));
  return 1;
}

}  // namespace stipend::app
