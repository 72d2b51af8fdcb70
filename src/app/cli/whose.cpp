// `stipend whose`: which machine used an address and port of the outside at a time. Root's alone: the log lies with
// stipend-host, the server never sees it; the server is asked only whose the found machines are.
#include <fmt/format.h>
#include <unistd.h>

#include <set>

#include "app/child.hpp"
#include "app/cli/commands.hpp"
#include "app/when.hpp"
#include "base/ipv4.hpp"

namespace stipend::app {
namespace {

struct WhoseWords {
  std::string outside, at, to;
  int within_s = 60;
};

struct Endpoint {
  std::string address;
  int port = 0;  // 0: any
};

base::Result<Endpoint> parse_endpoint(const std::string& text, const char* what) {
  const auto wrong = [&] {
    return base::fail(base::Fault::kInvalid, "InvalidAddress",
                      fmt::format("{} '{}' is not like 192.0.2.7 or 192.0.2.7:51234", what, text.substr(0, 64)));
  };
  Endpoint out;
  const auto colon = text.find(':');
  out.address = text.substr(0, colon);
  if (!base::parse_address(out.address)) return wrong();
  if (colon == std::string::npos) return out;
  const std::string port = text.substr(colon + 1);
  if (port.empty() || port.size() > 5 || port.find_first_not_of("0123456789") != std::string::npos || port.front() == '0') return wrong();
  out.port = std::stoi(port);
  if (out.port > 65'535) return wrong();
  return out;
}

std::string moment(std::int64_t ms) {
  const std::time_t seconds = ms / 1000;
  std::tm parts{};
  char text[40];
  localtime_r(&seconds, &parts);
  return {text, std::strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S%z", &parts)};
}

std::string protocol(int number) { return number == 6 ? "tcp" : number == 17 ? "udp" : number == 1 ? "ping" : std::to_string(number); }

std::string endpoint(const Json& flow, const char* address, const char* port) {
  const int number = flow.value(port, 0);
  return number == 0 ? flow.value(address, "") : fmt::format("{}:{}", flow.value(address, ""), number);
}

// What stipend-host found, with accounts and in words.
Json worded_flows(const Json& found, const Json& owners) {
  Json rows = Json::array();
  for (const auto& flow : found["flows"]) {
    const std::string id = flow.value("instance_id", "");
    const std::int64_t end = flow.value("end_ms", std::int64_t{0});
    rows.push_back({{"instance_id", id},
                    {"account_id", id.empty() ? "" : owners.value(id, "")},
                    {"generation", flow.value("generation", 0)},
                    {"protocol", protocol(flow.value("protocol", 0))},
                    {"machine", endpoint(flow, "machine_address", "machine_port")},
                    {"outside", endpoint(flow, "outside_address", "outside_port")},
                    {"to", endpoint(flow, "to_address", "to_port")},
                    {"start", base::to_iso8601({flow.value("start_ms", std::int64_t{0})})},
                    {"end", end == 0 ? "" : base::to_iso8601({end})},
                    {"started", moment(flow.value("start_ms", std::int64_t{0}))},
                    {"ended", end == 0 ? "still open" : moment(end)}});
  }
  return rows;
}

std::vector<std::string> remarks(const Json& found, base::WallTime at) {
  std::vector<std::string> out;
  const auto from = found.value("from_ms", std::int64_t{0});
  if (from == 0) out.push_back("there is no log of connections: [network] flow_log_days is 0, or no server of this state has run");
  else if (at.ms < from) out.push_back(fmt::format("the log begins at {}: what was before is deleted or was never recorded", moment(from)));
  for (const auto& silence : found["silences"]) {
    const auto to = silence.value("to_ms", std::int64_t{0});
    out.push_back(fmt::format("nothing was recorded between {} and {}: connections of that time may be missing",
                              moment(silence.value("from_ms", std::int64_t{0})), to == 0 ? "now" : moment(to)));
  }
  if (found.value("lost", 0) > 0) out.push_back("more connections began at that time than could be recorded: some may be missing");
  if (found.value("more", false)) out.push_back("there are more; ask with a port, a destination (--to) or a shorter --within");
  return out;
}

base::Result<Json> owners_of(const Paths& paths, const Json& found, std::vector<std::string>& notes) {
  std::set<std::string> ids;
  for (const auto& flow : found["flows"])
    if (const auto id = flow.value("instance_id", ""); !id.empty()) ids.insert(id);
  if (ids.empty()) return Json::object();
  auto owners = ask_server(paths, "instance.owners", {{"instances", ids}});
  if (owners) return owners;
  notes.push_back("accounts are not shown: " + owners.error().message);
  return Json::object();
}

base::Result<Json> look(const Cli& cli, const WhoseWords& words) {
  if (geteuid() != 0) return base::fail(base::Fault::kDenied, "NotRoot", "`stipend whose` reads root's log; run it with sudo");
  if (words.outside.empty() && words.to.empty())
    return base::fail(base::Fault::kInvalid, "MissingArgument", "give the address that was seen, a destination with --to, or both");
  TRY_ASSIGN(const Paths paths, cli.paths());
  TRY_ASSIGN(const base::WallTime at, parse_when(words.at));
  std::vector<std::string> command = {paths.programs + "/stipend-host", "whose", "--state", paths.state, "--at", std::to_string(at.ms),
                                      "--within", std::to_string(words.within_s * 1000LL)};
  for (const auto& [text, what, option] : {std::tuple{&words.outside, "ADDRESS", "--outside"}, {&words.to, "--to", "--to"}}) {
    if (text->empty()) continue;
    TRY_ASSIGN(const Endpoint end, parse_endpoint(*text, what));
    command.insert(command.end(), {option, end.address, fmt::format("{}-port", option), std::to_string(end.port)});
  }
  TRY_ASSIGN(const Caught caught, catch_program(command));
  const auto found = Json::parse(caught.output, nullptr, false);
  if (caught.status != 0 || !found.is_object())
    return base::fail(base::Fault::kUnavailable, "NoAnswer", "the log of connections could not be read; see above");
  auto notes = remarks(found, at);
  TRY_ASSIGN(const Json owners, owners_of(paths, found, notes));
  return Json{{"flows", worded_flows(found, owners)}, {"remarks", notes}};
}

}  // namespace

void add_whose_command(CLI::App& app, Cli& cli) {
  static WhoseWords words;
  auto* whose = app.add_subcommand("whose", "which machine used an address and port at a time");
  whose->add_flag("--json", cli.json, "print JSON for programs");
  whose->add_option("ADDRESS", words.outside, "source address as the outside saw it, with its port when it is known")->type_name("ADDRESS[:PORT]");
  whose->add_option("--at", words.at, "when; this computer's time zone, or with Z or an offset")->required()->type_name("\"2026-11-25 03:12\"");
  whose->add_option("--to", words.to, "destination")->type_name("ADDRESS[:PORT]");
  whose->add_option("--within", words.within_s, "seconds before and after (default 60)")->type_name("SECONDS")->check(CLI::Range(0, 86'400));
  whose->callback([&cli] {
    const auto answer = look(cli, words);
    if (!answer) return cli.fail(answer.error());
    if (cli.json) return fmt::print("{}\n", answer->dump(2));
    const auto& flows = (*answer)["flows"];
    if (flows.empty()) fmt::print("No connection of a machine fits.\n");
    else
      fmt::print("{}", to_table(flows, {{"MACHINE", "instance_id"}, {"ACCOUNT", "account_id"}, {"PROTOCOL", "protocol"}, {"FROM", "machine"},
                                        {"SEEN AS", "outside"}, {"TO", "to"}, {"STARTED", "started"}, {"ENDED BY", "ended"}}));
    for (const auto& remark : (*answer)["remarks"]) fmt::print("Note: {}\n", escape_controls(remark.get<std::string>()));
  });
}

}  // namespace stipend::app
