// `stipend mail list`: the outbox.
#include <fmt/format.h>

#include "app/cli/parts.hpp"

namespace stipend::app {
namespace {

std::string mails_text(const Json& j) {
  std::string out;
  if (!j.value("smtp_configured", false))
    out = fmt::format("No mail leaves this server: [mail] smtp in stipend.toml names no SMTP server. {} mail(s) wait for one.\n", j.value("waiting", 0));
  const auto& mails = j["mails"];
  if (mails.empty()) return out + "No mails.\n";
  return out + to_table(worded(mails, {}, {"created", "next_try"}), {{"WRITTEN", "created"}, {"ACCOUNT", "account_id"}, {"TO", "to"}, {"SUBJECT", "subject"},
                                                                     {"STATE", "state"}, {"TRIES", "tries"}, {"NEXT TRY", "next_try"}, {"ERROR", "error"}});
}

}  // namespace

void add_mail_commands(CLI::App& app, Cli& cli) {
  auto* mail = app.add_subcommand("mail", "mails that this server sends for budgets");
  mail->require_subcommand(1);
  auto* list = sub(*mail, cli, "list", "what waits, what was sent, what was given up in the last week; the newest first");
  auto& state = option(list, "--state", "only those that are waiting, sent or failed", false);
  list->callback([&] { cli.ask("mail.list", {{"state", state}}, mails_text); });
}

}  // namespace stipend::app
