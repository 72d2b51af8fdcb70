// `stipend course forecast`: who will run out of credit before a date, and what would prevent it.
#include <fmt/format.h>

#include "app/cli/parts.hpp"
#include "app/when.hpp"
#include "base/money.hpp"

namespace stipend::app {
namespace {

// What a class comes to with one of the three uses a day.
struct Sum {
  std::int64_t members = 0;
  base::Money missing;
};

base::Result<Json> whole_forecast(const Paths& paths, const std::string& course, base::WallTime until) {
  std::string after;
  Json all;
  while (true) {
    TRY_ASSIGN(const Json page, ask_server(paths, "course.forecast", {{"course", course}, {"until", base::to_iso8601(until)}, {"after", after}}));
    if (all.is_null()) all = {{"course", page.value("course", "")}, {"until", base::to_iso8601(until)}, {"members", Json::array()}};
    for (const auto& row : page["rows"]) all["members"].push_back(row);
    if (page["next"].is_null()) break;
    after = page["next"].get<std::string>();
  }
  for (const char* key : {"low", "middle", "high"}) {
    Sum sum;
    for (const auto& row : all["members"]) {
      TRY_ASSIGN(const auto missing, base::parse_decimal(row["short"].value(key, "")));
      sum.members += missing > base::Money{};
      sum.missing += missing;
    }
    all["run_out"][key] = sum.members;
    all["prevented_by"][key] = base::to_decimal(sum.missing);
  }
  return all;
}

std::string shown(const Json& amounts, const char* key) {
  const auto amount = base::parse_decimal(amounts.value(key, ""));
  return amount ? base::to_display(*amount, base::Rounding::kCeil) : "-";
}

std::string text_of(const Json& j) {
  const auto& out = j["run_out"];
  const auto& by = j["prevented_by"];
  const auto until = local_time(j, "until");
  std::string text = fmt::format("{} of {} will run out before {} (between {} and {})", out.value("middle", 0), j["members"].size(), until,
                                 out.value("low", 0), out.value("high", 0));
  text += out.value("high", 0) == 0 ? ".\n" : fmt::format("; {} would prevent it (between {} and {}).\n", shown(by, "middle"), shown(by, "low"), shown(by, "high"));
  Json rows = Json::array();
  for (const auto& member : j["members"]) {
    if (shown(member["short"], "high") == "$0.00") continue;
    Json row = member;
    row["left"] = dollars(member, "left");
    row["use"] = fmt::format("{} ({} to {})", shown(member["use_a_day"], "middle"), shown(member["use_a_day"], "low"), shown(member["use_a_day"], "high"));
    row["missing"] = fmt::format("{} ({} to {})", shown(member["short"], "middle"), shown(member["short"], "low"), shown(member["short"], "high"));
    rows.push_back(std::move(row));
  }
  if (!rows.empty())
    text += "\n" + to_table(rows, {{"ACCOUNT", "account_id"}, {"NAME", "name"}, {"SECTION", "section"}, {"LEFT", "left"}, {"USE A DAY", "use"}, {"MISSING", "missing"}});
  return text + "\nFrom what each was charged on each of the last seven whole days of UTC: the middle day, and in brackets the quartiles.\n";
}

}  // namespace

void add_forecast_command(CLI::App& app, Cli& cli) {
  auto* forecast = sub(*app.get_subcommand("course"), cli, "forecast", "who will run out of credit before a date, at the use of the last seven days");
  auto& course = option(forecast, "COURSE", "the course's name or id", true);
  auto& until = option(forecast, "--until", "like \"2026-12-04 12:00\", in this computer's zone unless it says one", true);
  forecast->callback([&] {
    const auto when = parse_when(until);
    if (!when) return cli.fail(when.error());
    const auto where = cli.paths();
    if (!where) return cli.fail(where.error());
    const auto all = whole_forecast(*where, course, *when);
    if (!all) return cli.fail(all.error());
    fmt::print("{}", cli.json ? all->dump(2) + "\n" : text_of(*all));
  });
}

}  // namespace stipend::app
