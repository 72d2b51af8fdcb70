// `stipend roster …`, and what `stipend course` and `stipend account` say about people.
#include <fmt/format.h>

#include <fstream>
#include <iterator>
#include <unistd.h>

#include "app/cli/parts.hpp"
#include "control/roster/decode.hpp"
#include "control/roster/parse.hpp"

namespace stipend::app {
namespace {

constexpr std::size_t kShown = 20;

// The file as UTF-8: the admin socket speaks JSON.
base::Result<std::string> read_roster(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string bytes(control::kRosterBytes + 1, '\0');
  if (!file) return base::fail_errno("read " + path, errno);
  file.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  bytes.resize(static_cast<std::size_t>(file.gcount()));
  if (bytes.size() > control::kRosterBytes)
    return base::fail(base::Fault::kInvalid, "InvalidFile", "the file is larger than 2 MiB");
  return control::decode_text(bytes);
}

std::string some(const Json& rows, const std::vector<Column>& columns) {
  Json first = Json::array();
  for (std::size_t i = 0; i < rows.size() && i < kShown; ++i) first.push_back(rows[i]);
  auto out = to_table(first, columns);
  if (rows.size() > kShown) out += fmt::format("and {} more (--json shows all)\n", rows.size() - kShown);
  return out;
}

std::string preview_text(const Json& j) {
  std::string out = fmt::format("{} new, {} changed, {} unchanged, {} members not in the file, {} wrong lines\n", j["new"].size(), j["changed"].size(),
                                j.value("unchanged", 0), j["missing"].size(), j["wrong"].size());
  if (!j["new"].empty())
    out += "\nNew\n" + some(j["new"], {{"LINE", "line"}, {"NAME", "name"}, {"IDENTIFIER", "identifier"}, {"MAIL", "mail"}, {"SECTION", "section"}});
  if (!j["changed"].empty())
    out += "\nChanged\n" + some(j["changed"], {{"LINE", "line"}, {"ACCOUNT", "account_id"}, {"WHAT", "what"}, {"NAME", "name"},
                                                {"IDENTIFIER", "identifier"}, {"MAIL", "mail"}, {"SECTION", "section"}});
  if (!j["wrong"].empty()) out += "\nWrong\n" + some(j["wrong"], {{"LINE", "line"}, {"COLUMN", "column"}, {"REASON", "reason"}});
  return out;
}

void import(Cli& cli, const std::string& file, Json arguments, bool confirm) {
  const auto where = cli.paths();
  if (!where) return cli.fail(where.error());
  const auto text = read_roster(file);
  if (!text) return cli.fail(text.error());
  arguments["text"] = *text;
  const auto preview = ask_server(*where, "roster.preview", arguments);
  if (!preview) return cli.fail(preview.error());
  if (!cli.json) fmt::print("{}", preview_text(*preview));
  if (!confirm) {
    if (cli.json) fmt::print("{}\n", preview->dump(2));
    else fmt::print("\nNothing has changed. Add --confirm to import this{}.\n", (*preview)["wrong"].empty() ? "" : ", and --skip-wrong to leave the wrong lines out");
    return;
  }
  arguments["digest"] = preview->value("digest", "");
  const auto done = ask_server(*where, "roster.import", arguments);
  if (!done) return cli.fail(done.error());
  if (cli.json) fmt::print("{}\n", done->dump(2));
  else fmt::print("\nInvited {}, changed {}, suspended {}. Sign-in links: stipend roster links --course …\n", done->value("invited", 0),
                  done->value("changed", 0), done->value("suspended", 0));
}

// CSV goes to the terminal or a file as it is; a terminal gets it escaped.
std::string csv_text(const Json& j) {
  const auto csv = j.value("csv", "");
  if (!isatty(STDOUT_FILENO)) return csv;
  std::string out, one;
  for (const char c : csv) {
    if (c == '\r') continue;
    if (c != '\n') one += c;
    else out += escape_controls(std::exchange(one, {})) + "\n";
  }
  return out;
}

void add_roster(CLI::App& app, Cli& cli) {
  auto* roster = app.add_subcommand("roster", "import and export the people of a course")->require_subcommand(1);
  auto* take = sub(*roster, cli, "import", "preview a CSV of people, and import it with --confirm");
  auto& file = option(take, "FILE", "name, identifier, mail, section, credit, role; any encoding a spreadsheet writes", true);
  auto& course = option(take, "--course", "the course's name or id", true);
  auto& credit = option(take, "--credit", "first credit of new members in dollars, where the file names none (default 0)", false);
  auto& confirm = flag(take, "--confirm", "import what the preview shows");
  auto& skip = flag(take, "--skip-wrong", "leave wrong lines out instead of refusing the file");
  auto& missing = flag(take, "--suspend-missing", "suspend students who are not in the file (default: they stay as they are)");
  take->callback([&] {
    import(cli, file, {{"course", course}, {"credit", credit}, {"skip_wrong", skip}, {"suspend_missing", missing}}, confirm);
  });
  auto* give = sub(*roster, cli, "export", "the members of a course as CSV");
  auto& of = option(give, "--course", "the course's name or id", true);
  give->callback([&] { cli.ask("roster.export", {{"course", of}}, csv_text); });
  auto* links = sub(*roster, cli, "links", "new sign-in links for all who never signed in, as CSV; their earlier links end");
  auto& whose = option(links, "--course", "the course's name or id", true);
  auto& everybody = flag(links, "--everybody", "also for those who signed in before");
  links->callback([&] { cli.ask("roster.links", {{"course", whose}, {"everybody", everybody}}, csv_text); });
}

void add_codes(CLI::App& course, Cli& cli) {
  auto* code = sub(course, cli, "code", "make a join code: who has it becomes a member");
  auto& name = option(code, "COURSE", "the course's name or id", true);
  auto& credit = option(code, "--credit", "first credit of each in dollars", true);
  auto& uses = option(code, "--uses", "how many may join with it (default 1)", false);
  auto& expires = option(code, "--expires", "14d, or a date like 2026-12-20 (default 30d)", false);
  auto& section = option(code, "--section", "of the course, for those who join", false);
  code->callback([&] {
    cli.ask("code.create", {{"course", name}, {"credit", credit}, {"uses", uses}, {"expires", expires}, {"section", section}}, [](const Json& j) {
      return fmt::format("Code         {}\nAddress      {}\nUses         {}\nExpires      {}\n", line(j, "code"), line(j, "url"),
                         j.value("uses_max", 0), local_time(j, "expires"));
    });
  });
  auto* list = sub(course, cli, "codes", "list the join codes of a course");
  auto& of = option(list, "COURSE", "the course's name or id", true);
  list->callback([&] {
    cli.ask("code.list", {{"course", of}}, [](const Json& j) {
      return to_table(worded(j, {"credit"}, {"expires"}), {{"CODE", "code"}, {"CREDIT", "credit"}, {"USED", "uses"}, {"OF", "uses_max"},
                                                           {"EXPIRES", "expires"}, {"SECTION", "section"}, {"ENDED", "revoked"}});
    });
  });
  auto* end = sub(course, cli, "end-code", "end a join code; its members stay");
  auto& which = option(end, "CODE", "the code", true);
  end->callback([&] { cli.ask("code.end", {{"code", which}}, [](const Json&) { return std::string("ended\n"); }); });
}

void add_links(CLI::App& course, Cli& cli) {
  auto* link = sub(course, cli, "link", "make a course link: an address that opens a running notebook");
  auto& name = option(link, "COURSE", "the course's name or id", true);
  auto& title = option(link, "--title", "what members read", true);
  auto& image = option(link, "--image", "the image's name, like course-python", true);
  auto& type = option(link, "--type", "instance type of a new machine, like t2.medium", true);
  auto& repository = option(link, "--repository", "https address to clone into the home", false);
  auto& branch = option(link, "--branch", "of the repository (default: its own)", false);
  auto& path = option(link, "--path", "page to open, below the home, like course/lab1.ipynb", false);
  link->callback([&] {
    cli.ask("link.create", {{"course", name}, {"title", title}, {"image", image}, {"type", type}, {"repository", repository}, {"branch", branch}, {"path", path}},
            [](const Json& j) { return line(j, "url") + "\n"; });
  });
  auto* list = sub(course, cli, "links", "list the course links of a course");
  auto& of = option(list, "COURSE", "the course's name or id", true);
  list->callback([&] {
    cli.ask("link.list", {{"course", of}}, [](const Json& j) {
      return to_table(j, {{"CODE", "code"}, {"TITLE", "title"}, {"IMAGE", "image"}, {"TYPE", "type"}, {"REPOSITORY", "repository"}, {"PAGE", "path"}});
    });
  });
  auto* remove = sub(course, cli, "delete-link", "delete a course link");
  auto& which = option(remove, "CODE", "the last part of its address", true);
  remove->callback([&] { cli.ask("link.delete", {{"code", which}}, [](const Json&) { return std::string("deleted\n"); }); });
}

void add_members(CLI::App& account, Cli& cli) {
  struct Act {
    const char *name, *command, *what;
  };
  static constexpr Act kActs[] = {
      {"suspend", "account.suspend", "stop its machines; its keys do nothing meanwhile; disks and credit stay, and its files can be fetched"},
      {"unsuspend", "account.unsuspend", "end a suspension"},
      {"erase", "account.erase", "forget the person for good, in all courses: name, mail, identifier; the accounts stay, suspended"}};
  for (const auto& act : kActs) {
    auto* command = sub(account, cli, act.name, act.what);
    auto& id = option(command, "ACCOUNT", "the account's 12 digits", true);
    command->callback([&cli, &id, &act] {
      cli.ask(act.command, {{"account", id}}, [&act](const Json& j) { return fmt::format("{} {}: done\n", act.name, line(j, "account_id")); });
    });
  }
  auto* section = sub(account, cli, "section", "move a member to another section");
  auto& id = option(section, "ACCOUNT", "the account's 12 digits", true);
  auto& to = option(section, "SECTION", "its name; empty: none", true);
  section->callback([&] { cli.ask("account.section", {{"account", id}, {"section", to}}, [](const Json& j) { return line(j, "account_id") + ": moved\n"; }); });
}

}  // namespace

void add_people_commands(CLI::App& app, Cli& cli) {
  add_roster(app, cli);
  auto* course = app.get_subcommand("course");
  add_codes(*course, cli);
  add_links(*course, cli);
  add_members(*app.get_subcommand("account"), cli);
}

}  // namespace stipend::app
