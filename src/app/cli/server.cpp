#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <optional>
#include <thread>

#include "app/child.hpp"
#include "app/cli/commands.hpp"
#include "app/demo.hpp"
#include "app/doctor.hpp"
#include "app/keeper.hpp"
#include "app/server.hpp"
#include "store/folder_lock.hpp"

namespace stipend::app {
namespace {

struct ServeOptions {
  std::string listen;
  bool insecure_http = false;
};

constexpr int kStopMachinesWithinS = 45;  // the stop hook's 30 s, the halt, and some

base::Result<Config> load(const Cli& cli, const ServeOptions& options, Config defaults = {}) {
  TRY_ASSIGN(Config config, read_config(cli.config, std::move(defaults)));
  if (!options.listen.empty()) config.listen = options.listen;
  config.insecure_http |= options.insecure_http;
  return config;
}

base::Result<Paths> serving_paths(const Cli& cli, const Config& config) {
  return find_paths(cli.state, cli.images.empty() ? config.images_dir : cli.images, config.recipes_dir);
}

// Machines of the demo end with it: asked for while the server still serves, so each is settled as a stop.
void stop_machines(const Paths& paths) {
  const auto asked = ask_server(paths, "instance.stop_all");
  if (!asked || asked->value("stopping", 0) == 0) return;
  fmt::print("\nStopping {} machine(s); their disks are kept.\n", asked->value("stopping", 0));
  std::fflush(stdout);
  for (int i = 0; i < kStopMachinesWithinS * 5; ++i) {
    const auto list = ask_server(paths, "instance.list");
    if (!list) return;
    bool any = false;
    for (const auto& row : *list) any |= row.contains("run");
    if (!any) return;
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
  }
  fmt::print("Some machines still run; they end with their lease.\n");
}

void down(const Paths& paths, Cli& cli) {
  const auto ended = run_program({paths.programs + "/stipend-host", "down", "--state", paths.state, "--log-level", "warn"});
  if (!ended) return cli.fail(ended.error());
  if (*ended != 0) cli.fail({base::Fault::kUnavailable, "DownFailed", "not everything of this state could be ended; see above"});
}

std::string certificate_lines(const Json& j) {
  const auto found = j.find("certificate");
  if (found == j.end() || !found->is_object()) return "";
  std::string out = "Certificate  " + (found->value("in_use", false) ? "until " + local_time(*found, "expires") : "none yet") + "\n";
  if (const auto problem = found->value("problem", ""); !problem.empty())
    out += "             a newer one is not used: " + escape_controls(problem) + "\n";
  if (const auto acme = found->find("acme"); acme != found->end() && acme->is_object()) {
    const auto state = acme->value("state", "");
    if (state == "asking") out += "             a new one is being asked for\n";
    if (state == "failed")
      out += fmt::format("             asked {} times in vain: {}\n", acme->value("failures", 0), escape_controls(acme->value("error", "")));
  }
  return out;
}

// Only what somebody should do something about.
std::string mail_lines(const Json& j) {
  const auto mail = j.value("mail", Json::object());
  const auto waiting = mail.value("waiting", 0), failed = mail.value("failed", 0);
  std::string out;
  if (waiting > 0 && !mail.value("smtp_configured", false))
    out += fmt::format("Mail         {} wait: [mail] smtp in stipend.toml names no SMTP server\n", waiting);
  else if (waiting > 0) out += fmt::format("Mail         {} on their way\n", waiting);
  if (failed > 0) out += fmt::format("Mail         {} were given up: `stipend mail list --state failed`\n", failed);
  return out;
}

}  // namespace

void add_server_commands(CLI::App& app, Cli& cli) {
  static ServeOptions options;
  auto* serve_command = app.add_subcommand("serve", "run the server of this state in the foreground");
  auto* demo = app.add_subcommand("demo", "run the server with a demo course; Ctrl-C also stops its machines");
  for (auto* command : {serve_command, demo}) {
    command->add_option("--listen", options.listen, "where to listen (default 127.0.0.1:8080)")->type_name("ADDRESS:PORT");
    command->add_option("--config", cli.config, "configuration file (docs/configuration.md)")->type_name("FILE");
    command->add_flag("--insecure-http", options.insecure_http, "allow plain HTTP beyond this computer");
  }
  serve_command->callback([&cli] {
    const auto config = load(cli, options);
    if (!config) return cli.fail(config.error());
    const auto paths = serving_paths(cli, *config);
    if (!paths) return cli.fail(paths.error());
    cli.status = keep(*paths, *config, {.serve = serve});
  });
  demo->callback([&cli] {
    Config quiet;
    quiet.log_level = "warn";  // its own words are for the person who started it
    const auto config = load(cli, options, quiet);
    if (!config) return cli.fail(config.error());
    const auto paths = serving_paths(cli, *config);
    if (!paths) return cli.fail(paths.error());
    const auto findings = examine(*paths, *config);
    for (const auto& finding : findings)
      if (finding.level != "ok") fmt::print("{}", to_text({finding}));
    if (any_failed(findings)) {
      cli.status = 1;
      return;
    }
    std::fflush(stdout);  // or each process to come prints it again
    KeeperHooks hooks{.serve = serve};
    hooks.when_ready = [&](const std::string& listen) { return set_up_demo(*paths, *config, listen); };
    hooks.before_end = [&] { stop_machines(*paths); };
    cli.status = keep(*paths, *config, hooks);
    if (config->provider == "lxc" && geteuid() == 0) down(*paths, cli);
  });

  auto* down_command = app.add_subcommand("down", "stop every machine of this state and undo all it set up on this computer; disks stay");
  down_command->callback([&cli] {
    const auto paths = cli.paths();
    if (!paths) return cli.fail(paths.error());
    if (geteuid() != 0) return cli.fail({base::Fault::kDenied, "NotRoot", "`stipend down` needs root; run it with sudo"});
    // A server that does not answer may still run, and its keeper would start stipend-host again.
    std::optional<base::Result<store::FolderLock>> lock;
    if (std::filesystem::exists(paths->server + "/lock")) lock = store::FolderLock::take(paths->server);
    if ((lock && !*lock && lock->error().code == "StateInUse") || ask_server(*paths, "status"))
      return cli.fail({base::Fault::kConflict, "StillServed", "a server of this state still runs; end it first (Ctrl-C or SIGTERM)"});
    down(*paths, cli);
    if (cli.status == 0) fmt::print("Nothing of this state runs any more. Disks, credit and accounts stay in {}.\n", paths->state);
  });

  auto* doctor = app.add_subcommand("doctor", "what this computer lacks, and how to get it");
  doctor->add_flag("--json", cli.json, "print JSON for programs");
  doctor->add_option("--config", cli.config, "configuration file (docs/configuration.md)")->type_name("FILE");
  doctor->callback([&cli] {
    const auto config = load(cli, options);
    if (!config) return cli.fail(config.error());
    const auto paths = serving_paths(cli, *config);
    if (!paths) return cli.fail(paths.error());
    const auto findings = examine(*paths, *config);
    if (cli.json) {
      Json out = Json::array();
      for (const auto& f : findings) out.push_back({{"check", f.check}, {"level", f.level}, {"sentence", f.sentence}, {"cure", f.cure}});
      fmt::print("{}\n", out.dump(2));
    } else {
      fmt::print("{}\n{}\n", to_text(findings),
                 any_failed(findings) ? "Machines cannot run here before what says `fail` is cured." : "This computer can run machines.");
    }
    if (any_failed(findings)) cli.status = 1;
  });

  auto* status = app.add_subcommand("status", "is the server well, what runs");
  status->add_flag("--json", cli.json, "print JSON for programs");
  status->callback([&cli] {
    cli.ask("status", Json::object(), [](const Json& j) {
      std::string broken;
      for (const auto& one : j.value("broken_reservations", Json::array())) broken += "Reservation  " + escape_controls(one.get<std::string>()) + "\n";
      return fmt::format("{}\nConsole      {}   (region {}, listens on {})\nCourses      {}\nAccounts     {}\nImages       {}\n"
                         "Instances    {}, {} running, {} waiting for room\n{}{}{}",
                         j.value("ready", false) ? "Ready" : "Not ready: " + escape_controls(j.value("not_ready_because", "")),
                         j.value("console", ""), j.value("region", ""), j.value("listen", ""), j.value("courses", 0),
                         j.value("accounts", 0), j.value("images", 0), j.value("instances", 0), j.value("with_a_run", 0),
                         j.value("waiting", 0), broken, certificate_lines(j), mail_lines(j));
    });
  });
}

}  // namespace stipend::app
