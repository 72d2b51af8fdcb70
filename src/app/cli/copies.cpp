#include "app/cli/parts.hpp"

namespace stipend::app {

void add_copy_commands(CLI::App& app, Cli& cli) {
  auto* copy = app.add_subcommand("copy", "list and take copies of homes")->require_subcommand(1);
  const auto print = [](const Json& j) { return to_table(j, {{"DISK", "disk_id"}, {"DATE", "date"}}); };
  auto* list = sub(*copy, cli, "list", "the copies that are kept of a home");
  auto& list_id = option(list, "DISK", "vol-…", true);
  list->callback([&, print] { cli.ask("copy.list", {{"disk", list_id}}, print); });
  auto* now = sub(*copy, cli, "now", "take today's copy of a disk at once, if it changed since the last");
  auto& now_id = option(now, "DISK", "vol-…", true);
  now->callback([&, print] { cli.ask("copy.now", {{"disk", now_id}}, print); });
}

}  // namespace stipend::app
