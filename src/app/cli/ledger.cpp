// `stipend ledger`: the entries, and whether they are right.
#include <fmt/format.h>

#include <atomic>

#include "app/cli/parts.hpp"
#include "app/ledger_verifier.hpp"

namespace stipend::app {
namespace {

constexpr std::chrono::minutes kPatience{30};

std::string verdict_text(const Json& j) {
  std::string out;
  std::size_t failed = 0;
  for (const auto& check : j["checks"]) {
    const bool ok = check.value("ok", false);
    failed += !ok;
    out += fmt::format("{}  {:<11} {}{}\n", ok ? "ok    " : "FAILED", line(check, "check"), line(check, "rule"),
                       check.value("figures", "").empty() ? "" : fmt::format(" ({})", line(check, "figures")));
    for (const auto& finding : check["findings"]) out += "          " + escape_controls(finding.get<std::string>()) + "\n";
    if (const auto more = check.value("found", std::size_t{0}) - check["findings"].size(); more > 0) out += fmt::format("          and {} more\n", more);
  }
  const auto entries = j.value("entries", std::int64_t{0});
  const auto seconds = j.value("seconds", 0.0);
  out += fmt::format("\n{} entries in {:.2f} s, {:.0f} a second, {}. ", entries, seconds, static_cast<double>(entries) / std::max(seconds, 1e-6),
                     j.value("served", false) ? "beside the running server" : "without a server");
  return out + (failed == 0 ? fmt::format("All {} checks hold.\n", j["checks"].size())
                            : fmt::format("{} of {} checks FAILED: keep a copy of the state folder before anything else.\n", failed, j["checks"].size()));
}

// By the server, which then compares its memory too; without one from the file.
base::Result<Json> verify(const Paths& paths) {
  auto answer = ask_server(paths, "ledger.verify", Json::object(), kPatience);
  const bool served = answer.has_value();
  if (!served && answer.error().code != "NotServed") return answer;
  if (!served) {
    const std::atomic<bool> never = false;
    const auto refused = answer.error();
    answer = verify_ledger(paths.server, {}, {}, never);
    if (!answer && answer.error().code == "NoState") return std::unexpected(refused);
  }
  if (answer) (*answer)["served"] = served;
  return answer;
}

}  // namespace

void add_ledger_commands(CLI::App& app, Cli& cli) {
  auto* ledger = sub(app, cli, "ledger", "the ledger's entries");
  auto& of = option(ledger, "--account", "of this account only", false);
  auto* check = sub(*ledger, cli, "verify", "check every entry and what the rows make of them; the server may run or not");
  check->callback([&cli] {
    const auto paths = cli.paths();
    if (!paths) return cli.fail(paths.error());
    const auto answer = verify(*paths);
    if (!answer) return cli.fail(answer.error());
    fmt::print("{}", cli.json ? answer->dump(2) + "\n" : verdict_text(*answer));
    if (!answer->value("ok", false)) cli.status = 1;
  });
  ledger->callback([&cli, &of, ledger] {
    if (!ledger->get_subcommands().empty()) return;
    Json arguments = Json::object();
    if (!of.empty()) arguments["account"] = of;
    cli.ask("ledger", arguments, [](const Json& j) {
      return to_table(worded(j, {}, {"at"}), {{"NO", "number"}, {"AT", "at"}, {"KIND", "kind"}, {"ACCOUNT", "account_id"},
                                              {"AMOUNT $", "amount"}, {"SUBJECT", "subject"}, {"RUN", "generation"},
                                              {"FROM S", "from_s"}, {"TO S", "to_s"}, {"REASON", "reason"}});
    });
  });
}

}  // namespace stipend::app
