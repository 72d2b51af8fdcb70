#include <fmt/format.h>

#include "app/child.hpp"
#include "app/cli/parts.hpp"
#include "base/money.hpp"

namespace stipend::app {
namespace {

std::string or_none(std::string text) { return text.empty() ? "no" : text; }

std::string rate(const Json& j, const char* key) {
  const auto amount = base::parse_decimal(j.value(key, ""));
  return amount ? base::to_rate_display(*amount) : "-";
}

// What stopping now would do for the disks.
std::string kept_line(const Json& j) {
  const auto until = j.value("disks_kept_until", Json());
  if (!until.is_string()) return "";
  return fmt::format("Disks kept   {}{}\n", until == "always" ? "for a lifetime" : "until " + local_time(j, "disks_kept_until"),
                     j.value("anything_running", false) ? ", if its machines stop now" : "");
}

std::string only_line(const Json& j) {
  const auto only = base::parse_decimal(j.value("some_types_only", ""));
  return only && *only > base::Money{} ? fmt::format("   {} of it for some instance types only", dollars(j, "some_types_only")) : "";
}

std::string run_lines(const Json& j) {
  if (!j.contains("run")) return "";
  const auto& run = j["run"];
  return fmt::format("Run          no. {}, {} s long, paid for {} s, ${} charged so far\n", run.value("generation", 0),
                     run.value("ran_s", 0), run.value("lease_s", 0), run.value("posted", "0"));
}

}  // namespace

void add_course_commands(CLI::App& app, Cli& cli) {
  auto* course = app.add_subcommand("course", "make and list courses")->require_subcommand(1);
  auto* create = sub(*course, cli, "create", "make a course");
  auto& name = option(create, "NAME", "the course's name", true);
  auto& plan = option(create, "--plan", "rate plan: per-second (default) or per-hour", false);
  auto& catalogue = option(create, "--catalogue", "edition of the price list: 2026 (default) or 2017", false);
  auto& homes = option(create, "--homes", "keep (default): a home outlives the machine; machine: it is part of it, as on AWS", false);
  auto& home_gib = option(create, "--home-gib", "size of a home that is kept: 10", false);
  auto& grace = option(create, "--grace-days", "how long a part of the credit keeps each disk when the rest is used up: 14", false);
  create->callback([&] {
    Json arguments{{"name", name}, {"plan", plan}, {"catalogue", catalogue}, {"homes", homes}, {"home_gib", home_gib}};
    if (!grace.empty()) arguments["grace_days"] = grace;
    cli.ask("course.create", arguments,
            [](const Json& j) { return fmt::format("Course {} ({})\n", line(j, "name"), line(j, "course_id")); });
  });
  sub(*course, cli, "list", "list courses")->callback([&] {
    cli.ask("course.list", Json::object(), [](const Json& j) {
      return to_table(j, {{"COURSE", "course_id"}, {"NAME", "name"}, {"PLAN", "plan"}, {"PRICES", "catalogue"}, {"HOMES", "homes"}});
    });
  });
}

void add_account_commands(CLI::App& app, Cli& cli) {
  auto* account = app.add_subcommand("account", "make, list and show accounts")->require_subcommand(1);
  auto* create = sub(*account, cli, "create", "make an account with its first credit, keys and sign-in link");
  auto& course = option(create, "--course", "the course's name or id", true);
  auto& name = option(create, "--name", "the person's name", true);
  auto& credit = option(create, "--credit", "first credit in dollars", true);
  auto& role = option(create, "--role", "student (default) or teacher", false);
  auto& identifier = option(create, "--identifier", "as the roster names them", false);
  auto& mail = option(create, "--mail", "mail address", false);
  create->callback([&] {
    cli.ask("account.create", {{"course", course}, {"name", name}, {"credit", credit}, {"role", role},
                               {"identifier", identifier}, {"mail", mail}}, [](const Json& j) {
      return fmt::format("Account      {}\nAccess key   {}\nSecret key   {}   (shown only now)\nSign-in link {}\n",
                         line(j, "account_id"), line(j, "access_key_id"), line(j, "secret_access_key"), line(j, "sign_in_url"));
    });
  });
  sub(*account, cli, "list", "list accounts with what is left")->callback([&] {
    cli.ask("account.list", Json::object(), [](const Json& j) {
      return to_table(worded(j, {"available", "held", "reserved"}, {"lasts_until"}),
                      {{"ACCOUNT", "account_id"}, {"NAME", "name"}, {"COURSE", "course"}, {"ROLE", "role"}, {"STATE", "status"},
                       {"AVAILABLE", "available"}, {"HELD", "held"}, {"RESERVED", "reserved"}, {"LASTS UNTIL", "lasts_until"}});
    });
  });
  auto* show = sub(*account, cli, "show", "the figures of one account");
  auto& id = option(show, "ACCOUNT", "the account's 12 digits", true);
  show->callback([&] {
    cli.ask("account.show", {{"account", id}}, [](const Json& j) {
      return fmt::format("Account      {} ({}, {} of {})\nGranted      {}\nCharged      {}\nBalance      {}\n"
                         "Held         {}   for what runs\nReserved     {}   to keep disks\nAvailable    {}{}\n"
                         "Rate         {} an hour\nLasts until  {}\n{}",
                         line(j, "account_id"), line(j, "name"), line(j, "role"), line(j, "course"), dollars(j, "granted"),
                         dollars(j, "charged"), dollars(j, "balance"), dollars(j, "held"), dollars(j, "reserved"),
                         dollars(j, "available"), only_line(j), rate(j, "rate_per_hour"), local_time(j, "lasts_until"), kept_line(j));
    });
  });
  auto* link = sub(*account, cli, "link", "a new sign-in link; the earlier ones end");
  auto& link_id = option(link, "ACCOUNT", "the account's 12 digits", true);
  link->callback([&] {
    cli.ask("account.link", {{"account", link_id}}, [](const Json& j) { return line(j, "sign_in_url") + "\n"; });
  });
}

void add_image_commands(CLI::App& app, Cli& cli) {
  auto* image = app.add_subcommand("image", "build and list machine images")->require_subcommand(1);
  auto* build = sub(*image, cli, "build", "build an image from its recipe and register it as an AMI (as root; minutes)");
  auto& name = option(build, "NAME", "the recipe's name: course-python, minimal", true);
  build->callback([&] {
    const auto paths = cli.paths();
    if (!paths) return cli.fail(paths.error());
    if (name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") != std::string::npos || name.starts_with('-'))
      return cli.fail({base::Fault::kInvalid, "InvalidName", "a recipe's name has lower-case letters, digits and dashes"});
    if (paths->recipes.empty())
      return cli.fail({base::Fault::kNotFound, "NoRecipes", "the folder of image recipes was not found beside this program"});
    const auto built = run_program({paths->recipes + "/build", name, "--out", paths->images});
    if (!built) return cli.fail(built.error());
    if (*built != 0) return cli.fail({base::Fault::kUnavailable, "BuildFailed", "the image was not built; the lines above say why"});
    const auto scanned = ask_server(*paths, "image.scan");
    if (!scanned && scanned.error().code != "NotServed") return cli.fail(scanned.error());
    fmt::print("{}\n", scanned ? "registered" : "will be registered when a server of this state starts");
  });
  sub(*image, cli, "list", "list the images machines start from")->callback([&] {
    cli.ask("image.list", Json::object(), [](const Json& j) {
      return to_table(worded(j, {}, {"created"}),
                      {{"IMAGE", "image_id"}, {"NAME", "name"}, {"CREATED", "created"}, {"DESCRIPTION", "description"}});
    });
  });
}

void add_instance_commands(CLI::App& app, Cli& cli) {
  auto* instance = app.add_subcommand("instance", "list, reach and stop machines")->require_subcommand(1);
  sub(*instance, cli, "list", "list all machines")->callback([&] {
    cli.ask("instance.list", Json::object(), [](const Json& j) {
      return to_table(worded(j, {}, {"launched", "stopped"}),
                      {{"INSTANCE", "instance_id"}, {"ACCOUNT", "account_id"}, {"TYPE", "type"}, {"STATE", "state"},
                       {"ADDRESS", "public_address"}, {"LAUNCHED", "launched"}, {"STOPPED", "stopped"}, {"REASON", "reason"}});
    });
  });
  auto* show = sub(*instance, cli, "show", "one machine and its run");
  auto& show_id = option(show, "INSTANCE", "i-…", true);
  show->callback([&] { cli.ask("instance.show", {{"instance", show_id}}, [](const Json& j) {
      return fmt::format("Instance     {} ({})\nState        {}\nAccount      {}\nAddresses    {} public, {} private\n"
                         "Launched     {}\n",
                         line(j, "instance_id"), line(j, "type"), line(j, "state"), line(j, "account_id"),
                         or_none(line(j, "public_address")), or_none(line(j, "private_address")), local_time(j, "launched")) +
             (line(j, "reason").empty() ? "" : fmt::format("Stopped      {}: {}\n", local_time(j, "stopped"), line(j, "reason"))) +
             run_lines(j);
    });
  });
  auto* url = sub(*instance, cli, "url", "a link straight into its Jupyter: one use, 60 seconds");
  auto& url_id = option(url, "INSTANCE", "i-…", true);
  url->callback([&] { cli.ask("instance.url", {{"instance", url_id}}, [](const Json& j) { return line(j, "url") + "\n"; }); });
  auto* stop = sub(*instance, cli, "stop", "stop a machine; its disk is kept");
  auto& stop_id = option(stop, "INSTANCE", "i-…", true);
  stop->callback([&] { cli.ask("instance.stop", {{"instance", stop_id}}, [](const Json& j) { return line(j, "state") + "\n"; }); });
}

}  // namespace stipend::app
