// `stipend catalogue`: price lists, and from when on a course sells at which.
#include <fmt/format.h>

#include "app/cli/class_time.hpp"
#include "app/cli/parts.hpp"
#include "app/cli/price_file.hpp"
#include "base/money.hpp"

namespace stipend::app {
namespace {

std::string rate(const Json& j, const char* key) {
  const auto amount = base::parse_decimal(j.value(key, ""));
  return amount ? base::to_rate_display(*amount) : "-";
}

std::string editions_text(const Json& editions) {
  Json rows = worded(editions, {}, {"created"});
  for (auto& row : rows) row["gp2"] = rate(row, "gp2_gib_month");
  return to_table(rows, {{"EDITION", "edition"}, {"OF", "course"}, {"TYPES", "types"}, {"GIB-MONTH", "gp2"}, {"MADE", "created"}, {"SOURCE", "source"}});
}

std::string steps_text(const Json& j) {
  return fmt::format("{} sells at {}.\n\n", line(j, "course"), line(j, "edition")) +
         to_table(worded(j["steps"], {}, {"from"}), {{"FROM", "from"}, {"EDITION", "edition"}, {"", "state"}});
}

std::string list_text(const Json& j) {
  return (j.contains("steps") ? steps_text(j) + "\n" : std::string()) + editions_text(j["editions"]);
}

std::string show_text(const Json& j) {
  Json rows = j["types"];
  for (auto& row : rows) {
    row["price"] = rate(row, "price_per_hour");
    const auto provider = line(row, "provider");
    row["at"] = row.value("gpus", 0) == 0 ? provider : fmt::format("{}, {} {}", provider, row.value("gpus", 0), line(row, "gpu"));
  }
  return fmt::format("{}: {}\n\n", line(j, "edition"), line(j, "source")) +
         to_table(rows, {{"TYPE", "name"}, {"VCPUS", "vcpus"}, {"MIB", "memory_mib"}, {"AN HOUR", "price"}, {"RUNS ON", "at"}}) +
         fmt::format("\nIn 730 hours a GiB of disk costs {}, a GiB that a snapshot occupies {}. An elastic address costs {} an hour while no machine\n"
                     "runs with it. With --json it is as `stipend catalogue add` takes it.\n",
                     rate(j, "gp2_gib_month"), rate(j, "snapshot_gib_month"), rate(j, "address_hour"));
}

}  // namespace

void add_price_commands(CLI::App& app, Cli& cli) {
  auto* catalogue = app.add_subcommand("catalogue", "price lists, and from when on a course sells at which")->require_subcommand(1);

  auto* list = sub(*catalogue, cli, "list", "the price lists; of a course also from when on each holds");
  auto& of = option(list, "COURSE", "the course's name or id", false);
  list->callback([&] { cli.ask("catalogue.list", of.empty() ? Json::object() : Json{{"course", of}}, list_text); });

  auto* show = sub(*catalogue, cli, "show", "types and prices of one; with --json as `add` takes it");
  auto& edition = option(show, "EDITION", "2026, 2017 or a course's own", true);
  show->callback([&] { cli.ask("catalogue.show", {{"edition", edition}}, show_text); });

  auto* add = sub(*catalogue, cli, "add", "give a course a price list of its own; it is never edited, and holds once `use` says so");
  auto& owner = option(add, "COURSE", "the course's name or id", true);
  auto& file = option(add, "FILE", "as `stipend catalogue show 2026 --json` prints one, with another name and other prices", true);
  add->callback([&] {
    const auto read = read_price_json(file);
    if (!read) return cli.fail(read.error());
    cli.ask("catalogue.add", {{"course", owner}, {"list", *read}}, [](const Json& j) {
      return fmt::format("Price list {} with {} types. It holds for nobody yet: stipend catalogue use COURSE {} --from \"2027-01-01 00:00\"\n",
                         line(j, "edition"), j.value("types", 0), line(j, "edition"));
    });
  });

  auto* use = sub(*catalogue, cli, "use", "from an instant on a course sells at this list; what runs then keeps its price");
  auto& course = option(use, "COURSE", "the course's name or id", true);
  auto& next = option(use, "EDITION", "2026 or one of the course's own", true);
  auto& from = option(use, "--from", "\"2027-01-01 00:00\", or now", true);
  auto& zone = option(use, "--zone", "whose clock that is, like Europe/Berlin; else this computer's", false);
  use->callback([&] {
    Json arguments{{"course", course}, {"edition", next}};
    if (from != "now") {
      const auto at = parse_local(from, zone);
      if (!at) return cli.fail(at.error());
      arguments["from"] = base::to_iso8601(*at);
    }
    cli.ask("catalogue.use", arguments, steps_text);
  });

  auto* cancel = sub(*catalogue, cli, "cancel", "take back a `use` that has not begun");
  auto& whose = option(cancel, "COURSE", "the course's name or id", true);
  auto& planned = option(cancel, "EDITION", "the price list that was to hold", true);
  cancel->callback([&] { cli.ask("catalogue.cancel", {{"course", whose}, {"edition", planned}}, steps_text); });
}

}  // namespace stipend::app
