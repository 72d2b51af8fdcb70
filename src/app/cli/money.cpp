// `stipend grant`, `stipend refund`, `stipend grants`
#include <fmt/format.h>

#include "app/cli/parts.hpp"
#include "app/cli/terms.hpp"

namespace stipend::app {
namespace {

std::string found_text(const Json& j) {
  std::string out = to_table(worded(j["members"], {"available"}, {}),
                             {{"ACCOUNT", "account_id"}, {"NAME", "name"}, {"IDENTIFIER", "identifier"}, {"SECTION", "section"}, {"HAD", "available"}});
  out += fmt::format("{} member{}, {} each, {} in all\n", j["members"].size(), j["members"].size() == 1 ? "" : "s", dollars(j, "amount"), dollars(j, "sum"));
  return out + (j.value("given", false) ? "Given.\n" : "Nothing was given. Add --confirm to give this.\n");
}

void add_grant(CLI::App& app, Cli& cli) {
  auto* grant = sub(app, cli, "grant", "give credit to an account or to many members, or take some back with a negative amount");
  auto& account = option(grant, "--account", "one account's 12 digits", false);
  auto& course = option(grant, "--course", "or members of this course: say --under, --section or --everybody", false);
  auto& under = option(grant, "--under", "those who have less than so many dollars left", false);
  auto& section = option(grant, "--section", "those of a section", false);
  auto& everybody = flag(grant, "--everybody", "all members who are not suspended");
  auto& confirm = flag(grant, "--confirm", "give to the members; without it they are only shown");
  auto& amount = option(grant, "--amount", "dollars, like 5 or -2.50", true);
  auto& reason = option(grant, "--reason", "why; the student sees it", true);
  auto& expires = option(grant, "--expires", "\"2026-12-04 12:00\": what is left of it then is gone", false);
  auto& zone = option(grant, "--zone", "whose clock that is, like Europe/Berlin; else this computer's", false);
  auto& types = option(grant, "--types", "instance types that it pays for, t2.micro,t2.medium; else all, and disks", false);
  grant->callback([&] {
    const auto wrong = [&](const char* why) { cli.fail({base::Fault::kInvalid, "InvalidArgument", why}); };
    if (account.empty() == course.empty()) return wrong("name whom to give to: --account, or --course with --under, --section or --everybody");
    const bool filtered = !under.empty() || !section.empty();
    if (!account.empty() && (filtered || everybody || confirm)) return wrong("--under, --section, --everybody and --confirm go with --course");
    if (!course.empty() && filtered == everybody) return wrong("say which members of the course: --under, --section (both: who is of both), or --everybody");
    const auto terms = terms_json(expires, zone, types);
    if (!terms) return cli.fail(terms.error());
    Json arguments{{"amount", amount}, {"reason", reason}};
    arguments.update(*terms);
    if (!account.empty()) {
      arguments["account"] = account;
      return cli.ask("grant", arguments, [](const Json& j) {
        return fmt::format("Balance {}, available {}\n", dollars(j, "balance"), dollars(j, "available"));
      });
    }
    arguments["course"] = course;
    if (!under.empty()) arguments["under"] = under;
    if (!section.empty()) arguments["section"] = section;
    arguments["confirm"] = confirm;
    cli.ask("grant.found", arguments, found_text);
  });
}

void add_refund(CLI::App& app, Cli& cli) {
  auto* refund = sub(app, cli, "refund", "give back what was charged; the statement calls it a refund and says why");
  auto& account = option(refund, "ACCOUNT", "the account's 12 digits", true);
  auto& amount = option(refund, "AMOUNT", "dollars, at most what was charged and not refunded yet", true);
  auto& reason = option(refund, "--reason", "why; the student sees it", true);
  auto& instance = option(refund, "--instance", "the machine that it is about", false);
  refund->callback([&] {
    Json arguments{{"account", account}, {"amount", amount}, {"reason", reason}};
    if (!instance.empty()) arguments["instance"] = instance;
    cli.ask("refund", arguments, [](const Json& j) {
      return fmt::format("Refunded {}. Balance {}, available {}\n", dollars(j, "amount"), dollars(j, "balance"), dollars(j, "available"));
    });
  });
}

void add_grants(CLI::App& app, Cli& cli) {
  auto* grants = sub(app, cli, "grants", "the credit that was given: to one account, or in a course");
  auto& account = option(grants, "--account", "the account's 12 digits", false);
  auto& course = option(grants, "--course", "the course's name or id", false);
  auto& source = option(grants, "--source", "only of this source: course, top-up, refund, code, emergency, free-tier", false);
  grants->callback([&] {
    if (account.empty() == course.empty()) return cli.fail({base::Fault::kInvalid, "InvalidArgument", "say --account or --course"});
    Json arguments = Json::object();
    for (const auto& [key, value] : {std::pair("account", &account), std::pair("course", &course), std::pair("source", &source)})
      if (!value->empty()) arguments[key] = *value;
    cli.ask("grant.list", arguments, [](const Json& j) {
      return to_table(worded(j, {"amount", "remaining"}, {"created", "expires"}),
                      {{"ACCOUNT", "account_id"}, {"NAME", "name"}, {"GIVEN", "created"}, {"AMOUNT", "amount"}, {"REMAINS", "remaining"},
                       {"SOURCE", "source"}, {"CODE", "code"}, {"EXPIRES", "expires"}, {"TYPES", "types"}, {"REASON", "reason"}});
    });
  });
}

}  // namespace

void add_money_commands(CLI::App& app, Cli& cli) {
  add_grant(app, cli);
  add_refund(app, cli);
  add_grants(app, cli);
}

}  // namespace stipend::app
