// `stipend course credit-codes`
#include <fmt/format.h>

#include "app/cli/class_time.hpp"
#include "app/cli/parts.hpp"
#include "app/cli/terms.hpp"
#include "base/clock.hpp"

namespace stipend::app {
namespace {

std::string codes_table(const Json& j) {
  Json rows = worded(j["codes"], {"amount"}, {"expires", "credit_expires"});
  return to_table(rows, {{"CODE", "printed"}, {"CREDIT", "amount"}, {"USED", "uses"}, {"OF", "uses_max"}, {"EXPIRES", "expires"},
                         {"CREDIT ENDS", "credit_expires"}, {"DAYS", "credit_days"}, {"LABEL", "label"}, {"STATE", "state"}});
}

}  // namespace

void add_credit_code_commands(CLI::App& app, Cli& cli) {
  auto* codes = sub(*app.get_subcommand("course"), cli, "credit-codes",
                    "codes that members enter for credit, once each: makes them with --amount, lists or ends them");
  auto& course = option(codes, "COURSE", "the course's name or id", true);
  auto& amount = option(codes, "--amount", "dollars that a code gives", false);
  auto& count = option(codes, "--count", "how many codes (default 1)", false);
  auto& uses = option(codes, "--uses", "how many members may use each (default 1)", false);
  auto& expires = option(codes, "--expires", "of the codes: 14d, 2026-12-20 or \"2026-12-20 12:00\" (default 30d)", false);
  auto& credit_expires = option(codes, "--grant-expires", "of the credit they give: \"2026-12-20 12:00\"", false);
  auto& days = option(codes, "--grant-days", "or for how many days it lasts", false);
  auto& types = option(codes, "--types", "instance types that the credit pays for, t2.micro,t2.medium; else all, and disks", false);
  auto& label = option(codes, "--label", "of the batch; members see it with the credit", false);
  auto& zone = option(codes, "--zone", "whose clocks these are, like Europe/Berlin; else this computer's", false);
  auto& csv = flag(codes, "--csv", "print CSV");
  auto& cards = flag(codes, "--cards", "print a page of cards, to open in a browser and print");
  auto& list = flag(codes, "--list", "list those of the course");
  auto& end = option(codes, "--end", "end this code; what it gave stays", false);
  auto& end_label = option(codes, "--end-label", "end all codes of this label", false);
  codes->callback([&] {
    if (int{!amount.empty()} + int{list} + int{!end.empty()} + int{!end_label.empty()} != 1)
      return cli.fail({base::Fault::kInvalid, "InvalidArgument", "say one of --amount (makes codes), --list, --end CODE and --end-label LABEL"});
    const auto print = [&](const Json& j) { return csv ? codes_csv(j["codes"]) : cards ? codes_cards(j, zone) : codes_table(j); };
    if (list) return cli.ask("credit-code.list", {{"course", course}}, print);
    if (!end.empty() || !end_label.empty())
      return cli.ask("credit-code.end", {{"course", course}, {"code", end}, {"label", end_label}},
                     [](const Json& j) { return fmt::format("ended {}\n", j.value("ended", 0)); });
    Json arguments{{"course", course}, {"amount", amount}, {"count", count}, {"uses", uses}, {"grant_days", days}, {"label", label}};
    const auto terms = terms_json(credit_expires, zone, types);
    if (!terms) return cli.fail(terms.error());
    arguments.update(*terms);
    if (!expires.empty()) {
      const auto until = code_expiry(expires, zone, base::SystemClock().wall());
      if (!until) return cli.fail(until.error());
      arguments["codes_expire"] = *until;
    }
    cli.ask("credit-code.create", arguments, print);
  });
}

}  // namespace stipend::app
