// stipend-host: the privileged program of a state.
//   serve      takes orders from the server of uid UID until SIGTERM; machines go on without it
//   down       stops every machine of the state and removes what it has on the host
//   check      says as JSON what this host lacks; exit status 1 when machines cannot run
//   whose      says as JSON which machine used an address and port of the outside
//   flows      (started by `serve`) records which machine uses which; see flow_logger.hpp
//   supervise  (started by `serve`) holds the lease of one machine
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <iostream>
#include <map>
#include <nlohmann/json.hpp>

#include "base/log.hpp"
#include "host/daemon.hpp"
#include "host/daemon_down.hpp"
#include "host/flow_words.hpp"
#include "host/preflight.hpp"
#include "host/supervisor.hpp"
#include "hostlink/egress.hpp"
#include "hostlink/names.hpp"

namespace {

using namespace stipend;

std::string absolute(const std::string& path) {
  if (path.empty()) return path;
  std::error_code error;
  const auto whole =
      std::filesystem::weakly_canonical(std::filesystem::absolute(path, error), error).string();
  return error ? path : whole;
}

int print_check(const host::DaemonOptions& options) {
  const auto names =
      host::Names::of(options.state.empty() ? "/var/lib/stipend" : options.state, options.images);
  const auto findings = host::preflight(
      names, {.repair = false, .private_cidr = options.private_cidr, .public_cidr = options.public_cidr, .egress = options.egress});
  nlohmann::json list = nlohmann::json::array();
  for (const auto& f : findings) {
    const char* verdict = f.verdict == host::Verdict::kOk     ? "ok"
                          : f.verdict == host::Verdict::kWarn ? "warn"
                                                              : "fail";
    list.push_back({{"check", f.check}, {"verdict", verdict}, {"sentence", f.sentence}, {"cure", f.cure}});
  }
  std::cout << list.dump(2) << "\n";
  return host::can_run(findings) ? 0 : 1;
}

// Before anything is served a person reads what is wrong: words, not log lines.
int serve(const host::DaemonOptions& options) {
  const auto names = host::Names::of(options.state, options.images);
  // One that an earlier server left: it may be of another version or have other settings, and machines do not mind.
  if (!host::end_daemon(names)) {
    std::cerr << "stipend: another stipend-host serves " << names.state
              << " and does not end; end it with `kill -9` and the number in " << names.runtime << "/host.lock\n";
    return hostlink::kCannotServe;
  }
  const auto findings = host::preflight(
      names, {.repair = true, .private_cidr = options.private_cidr, .public_cidr = options.public_cidr, .egress = options.egress});
  for (const auto& f : findings)
    if (f.verdict == host::Verdict::kFail)
      std::cerr << "stipend: machines cannot run on this computer: " << f.sentence << "\n         -> " << f.cure << "\n";
  if (!host::can_run(findings)) return hostlink::kCannotServe;
  auto daemon = host::Daemon::open(options);
  if (!daemon && daemon.error().code == "AlreadyServed") {
    base::log::info(daemon.error().message);
    return hostlink::kAlreadyServed;
  }
  if (!daemon) {
    std::cerr << "stipend: machines cannot run on this computer: " << daemon.error().message << "\n";
    return hostlink::kCannotServe;
  }
  return (*daemon)->serve();
}

const std::map<std::string, base::log::Level> kLevels{{"debug", base::log::Level::kDebug},
                                                      {"info", base::log::Level::kInfo},
                                                      {"warn", base::log::Level::kWarn},
                                                      {"error", base::log::Level::kError}};

}  // namespace

int main(int argc, char** argv) {
  base::log::set_program("stipend-host");
  CLI::App app("stipend-host: runs machines for stipend");
  app.require_subcommand(1);
  host::DaemonOptions options;
  std::string instance;
  std::string egress;
  auto* serving = app.add_subcommand("serve", "take orders from the server");
  auto* down = app.add_subcommand("down", "stop every machine and remove what this state has on the host");
  auto* check = app.add_subcommand("check", "say as JSON what this host lacks");
  host::FlowWords flow_words;
  auto* flows = app.add_subcommand("flows", "record whose connections are whose (started by serve)");
  auto* whose = app.add_subcommand("whose", "say as JSON which machine used an address and port outside");
  flow_words.add_to(*flows, *whose);
  auto* supervising = app.add_subcommand("supervise", "hold the lease of one machine (started by serve)");
  for (auto* sub : {serving, down, check, supervising, flows, whose}) {
    sub->add_option("--state", options.state, "the state's folder")->required(sub != check);
    sub->add_option("--images", options.images, "folder with sealed images (default: STATE/images)");
  }
  auto level = base::log::Level::kInfo;
  for (auto* sub : {serving, down})
    sub->add_option("--log-level", level, "least level that is logged")->transform(CLI::CheckedTransformer(kLevels));
  for (auto* sub : {serving, down, check}) {
    sub->add_option("--private-cidr", options.private_cidr, "machines' private addresses (default: chosen)");
    sub->add_option("--public-cidr", options.public_cidr, "machines' public addresses (default: chosen)");
    sub->add_option("--egress", egress, "what machines reach outside, as JSON (given by the server)")->group("");
    if (sub == check) continue;
    sub->add_option("--boot-id", options.boot_id, "for tests: play a reboot of the host")->group("");
  }
  serving->add_option("--uid", options.server_uid,
                      "user id of the server, the only one that may connect besides root");
  supervising->add_option("--instance", instance, "for people who read a list of processes");
  CLI11_PARSE(app, argc, argv);
  if (geteuid() != 0 && !check->parsed()) {
    std::cerr << "stipend-host: this needs root; start it with sudo\n";
    return 1;
  }
  base::log::set_level(level);
  if (!egress.empty()) {
    auto settings = hostlink::decode_egress(egress);
    if (!settings) {
      std::cerr << "stipend-host: " << settings.error().message << "\n";
      return hostlink::kCannotServe;
    }
    options.egress = *std::move(settings);
  }
  options.state = absolute(options.state);
  options.images = absolute(options.images);
  if (flows->parsed()) return flow_words.keep(host::Names::of(options.state));
  if (whose->parsed()) return flow_words.answer(host::Names::of(options.state));
  if (supervising->parsed()) return host::supervise(host::Names::of(options.state, options.images));
  if (down->parsed()) return host::bring_down(options);
  if (check->parsed()) return print_check(options);
  options.keep_flows = true;
  return serve(options);
}
