// `stipend outages`: what the platform broke.
#include <fmt/format.h>

#include <charconv>

#include "app/cli/parts.hpp"
#include "app/when.hpp"
#include "base/clock.hpp"
#include "control/roster/csv.hpp"

namespace stipend::app {
namespace {

// "14d", or a moment as parse_when() reads it.
base::Result<base::WallTime> since_of(const std::string& text) {
  int days = 0;
  const char* end = text.data() + text.size();
  if (text.ends_with('d')) {
    const auto [at, error] = std::from_chars(text.data(), end, days);
    if (error == std::errc() && at == end - 1 && days > 0 && days <= 400) return base::SystemClock().wall().plus_seconds(-days * 86400LL);
    return base::fail(base::Fault::kInvalid, "InvalidTime", "'" + text + "' is no time; write 14d, or \"2026-11-25 03:12\"; outages are kept 400 days");
  }
  return parse_when(text);
}

std::string duration(std::int64_t seconds) {
  if (seconds < 60) return fmt::format("{} s", seconds);
  if (seconds < 3600) return fmt::format("{} min {} s", seconds / 60, seconds % 60);
  return fmt::format("{} h {} min", seconds / 3600, seconds / 60 % 60);
}

std::string text_of(const Json& j) {
  if (j["rows"].empty()) return "Nothing was broken.\n";
  const auto shown = [](const Json& from) {
    Json rows = worded(from, {"given_back"}, {"from", "until"});
    for (auto& row : rows) row["lost"] = duration(row.value("lost_s", std::int64_t{0}));
    return rows;
  };
  const auto& sum = j["sum"];
  return to_table(shown(j["rows"]), {{"UNTIL", "until"}, {"LOST", "lost"}, {"ACCOUNT", "account_id"}, {"NAME", "name"}, {"COURSE", "course"},
                                     {"MACHINE", "instance_id"}, {"TYPE", "type"}, {"HOST", "host"}, {"WHY", "reason"}, {"GIVEN BACK", "given_back"}}) +
         "\n" +
         to_table(shown(j["hosts"]), {{"HOST", "host"}, {"OUTAGES", "outages"}, {"ACCOUNTS", "accounts"}, {"LOST", "lost"}, {"GIVEN BACK", "given_back"}}) +
         fmt::format("\nIn all: outages {}, accounts {}, lost {}, given back {}\n", sum.value("outages", 0), sum.value("accounts", 0),
                     duration(sum.value("lost_s", std::int64_t{0})), dollars(sum, "given_back"));
}

std::string csv_of(const Json& rows) {
  constexpr const char* kColumns[] = {"course", "account_id", "name", "identifier", "section", "instance_id", "type",
                                      "host", "reason", "from", "until", "lost_s", "given_back"};
  std::vector<std::string> cells(std::begin(kColumns), std::end(kColumns));
  std::string out = control::csv_line(cells);
  for (const auto& row : rows) {
    cells.clear();
    for (const char* column : kColumns) cells.push_back(row[column].is_string() ? row[column].get<std::string>() : row[column].dump());
    out += control::csv_line(cells);
  }
  return out;
}

// All pages as one.
base::Result<Json> whole(const Paths& paths, Json arguments) {
  TRY_ASSIGN(Json all, ask_server(paths, "outage.list", arguments));
  while (!all["next"].is_null()) {
    arguments["after"] = all["next"];
    TRY_ASSIGN(const Json page, ask_server(paths, "outage.list", arguments));
    for (const auto& row : page["rows"]) all["rows"].push_back(row);
    all["next"] = page["next"];
  }
  all.erase("next");
  return all;
}

}  // namespace

void add_outage_command(CLI::App& app, Cli& cli) {
  auto* outages = sub(app, cli, "outages", "machines that ended with their host or could not be started: who lost how long, what was given back");
  auto& course = option(outages, "COURSE", "only of this course: its name or id", false);
  auto& since = option(outages, "--since", "14d, or \"2026-11-25 03:12\", in this computer's zone unless it says one", false);
  auto& csv = flag(outages, "--csv", "for a spreadsheet");
  outages->callback([&] {
    Json arguments = Json::object();
    if (!course.empty()) arguments["course"] = course;
    if (!since.empty()) {
      const auto at = since_of(since);
      if (!at) return cli.fail(at.error());
      arguments["since"] = base::to_iso8601(*at);
    }
    const auto where = cli.paths();
    if (!where) return cli.fail(where.error());
    const auto all = whole(*where, arguments);
    if (!all) return cli.fail(all.error());
    if (csv) print_csv(csv_of((*all)["rows"]));
    else fmt::print("{}", cli.json ? all->dump(2) + "\n" : text_of(*all));
  });
}

}  // namespace stipend::app
