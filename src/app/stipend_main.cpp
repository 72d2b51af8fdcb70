// `stipend`: the server and the operator's command line.
#include <fmt/format.h>

#include "app/cli/commands.hpp"
#include "base/log.hpp"

namespace {

// What is wrong with the command line, and where to look.
std::string explain(const CLI::App* app, const CLI::Error& error) {
  std::string what = error.what(), name = app->get_name();
  for (const auto* sub = app; !sub->get_subcommands().empty();) {
    sub = sub->get_subcommands().front();
    name += " " + sub->get_name();
    if (sub->get_require_subcommand_min() > 0 && sub->get_subcommands().empty()) what = "A subcommand is required";
  }
  const auto left = app->remaining(true);
  if (!left.empty() && !left.front().starts_with("-")) what = fmt::format("there is no command '{}'", left.front());
  return fmt::format("stipend: {}\nSee: {} --help\n", what, name);
}

}  // namespace

int main(int argc, char** argv) {
  using namespace stipend::app;
  if (argc > 1 && std::string_view(argv[1]) == "ssh") return run_ssh(argc - 2, argv + 2);
  CLI::App app{"Cloud machines for a class, with a credit that cannot be overspent.", "stipend"};
  app.require_subcommand(1);
  app.failure_message(explain);
  Cli cli;
  const char* preset = std::getenv("STIPEND_STATE");
  cli.state = preset ? preset : "/var/lib/stipend/state";
  // Also after the command's own name, as people type it.
  app.add_option("--state", cli.state, "the server's folder (or $STIPEND_STATE)")->capture_default_str()->type_name("FOLDER");
  app.add_option("--images", cli.images, "folder of sealed machine images (default: `images` beside the state)")->type_name("FOLDER");
  app.fallthrough();
  app.set_version_flag("--version", "stipend 0.1.0");
  add_server_commands(app, cli);
  add_course_commands(app, cli);
  add_account_commands(app, cli);
  add_people_commands(app, cli);
  add_money_commands(app, cli);
  add_ledger_commands(app, cli);
  add_image_commands(app, cli);
  add_instance_commands(app, cli);
  add_disk_commands(app, cli);
  add_copy_commands(app, cli);
  add_ssh_command(app);
  add_whose_command(app, cli);
  add_room_commands(app, cli);
  add_policy_commands(app, cli);
  add_credit_code_commands(app, cli);
  add_forecast_command(app, cli);
  add_plan_command(app, cli);
  add_price_commands(app, cli);
  add_outage_command(app, cli);
  add_statement_command(app, cli);
  add_mail_commands(app, cli);
  CLI11_PARSE(app, argc, argv);
  return cli.status;
}
