// `stipend statement`: what an account or a course was given and charged in a month. Printed a page at a time as it comes.
#include <fmt/format.h>

#include <map>
#include <utility>

#include "app/cli/parts.hpp"
#include "base/money.hpp"

namespace stipend::app {
namespace {

// All pages of one account's month.
base::Status each_page(const Paths& paths, const std::string& account, const std::string& month, bool csv,
                       const std::function<void(const Json& page, bool first)>& print) {
  std::string after;
  for (bool first = true;; first = false) {
    TRY_ASSIGN(const Json page, ask_server(paths, "statement.page", {{"account", account}, {"month", month}, {"after", after}, {"csv", csv}}));
    print(page, first);
    if (!page.contains("next") || page["next"].is_null()) return {};
    after = std::to_string(page["next"].get<std::int64_t>());
  }
}

// All members of a course with what their month adds up to.
base::Status each_member(const Paths& paths, const std::string& course, const std::string& month,
                         const std::function<base::Status(const Json& page, const Json& member)>& look) {
  std::string after;
  while (true) {
    TRY_ASSIGN(const Json page, ask_server(paths, "statement.class", {{"course", course}, {"month", month}, {"after", after}}));
    for (const auto& member : page["rows"]) TRY(look(page, member));
    if (page["next"].is_null()) return {};
    after = page["next"].get<std::string>();
  }
}

std::string totals_text(const Json& j) {
  const auto& sums = j["sums"];
  const auto row = [&](const char* words, const char* key, bool always = false) {
    const auto amount = base::parse_decimal(sums.value(key, ""));
    if (!always && amount && *amount == base::Money{}) return std::string();
    return fmt::format("{:<26}{:>12}\n", words, line(sums, (std::string(key) + "_shown").c_str()));
  };
  std::string out = "\n" + row("Opening balance", "opening", true) + row("Credit given", "given", true) + row("Credit taken back", "taken_back") +
                    row("Credit expired", "expired") + row("Machines", "machines", true) + row("Disks", "disks", true) + row("Addresses", "addresses") +
                    row("Given back after faults", "corrections") + row("Closing balance", "closing", true) +
                    row("Paid by the house (disks)", "house_disks");
  if (j["balance_now"].is_string()) out += fmt::format("{:<26}{:>12}   with what is not posted yet\n", "Balance now", line(j, "balance_now_shown"));
  return out + "\nRounded to cents: what is charged up, what is left down; --csv has every nano-dollar. A month begins and ends at midnight UTC.\n";
}

std::string lines_text(const Json& page, bool first) {
  Json rows = page["lines"];
  if (rows.empty()) return first ? "Nothing was posted in this month.\n" : "";
  const auto of = [](const Json& row, const char* key) { return row.value(key, ""); };
  for (auto& row : rows) {
    row["until"] = local_time(row, "posted");
    row["from"] = local_time(row, "from");
    if (of(row, "in_shown").empty() && of(row, "out_shown").empty()) row["out_shown"] = "(" + of(row, "house_shown") + ")";
    row["price"] = of(row, "price_shown").empty() ? "" : fmt::format("{}/h ({})", of(row, "price_shown"), of(row, "catalogue"));
    const bool given = of(row, "what") == "credit given" || of(row, "what") == "refund" || of(row, "what") == "free tier";
    if (given && !of(row, "reason").empty()) row["what"] = of(row, "what") + ": " + of(row, "reason");
    if (!of(row, "type").empty()) row["what"] = fmt::format("{} {}", of(row, "what"), of(row, "type"));
  }
  return to_table(rows, {{"NO", "number"}, {"FROM", "from"}, {"UNTIL", "until"}, {"WHAT", "what"}, {"ITEM", "item"}, {"PRICE", "price"},
                         {"IN", "in_shown"}, {"OUT", "out_shown"}, {"BALANCE", "balance_shown"}});
}

base::Status of_account(const Cli& cli, const Paths& paths, const std::string& account, const std::string& month, bool csv) {
  Json all;
  TRY(each_page(paths, account, month, csv, [&](const Json& page, bool first) {
    if (csv) {
      if (first) print_csv(page.value("csv_head", ""));
      print_csv(page.value("csv", ""));
    } else if (cli.json) {
      if (first) all = page;
      else for (const auto& one : page["lines"]) all["lines"].push_back(one);
      all["next"] = nullptr;
    } else {
      if (first) fmt::print("{} · {} · {}{}\n\n", line(page, "month"), line(page, "course"), line(page, "account"),
                            line(page, "name").empty() ? "" : " · " + line(page, "name"));
      fmt::print("{}", lines_text(page, first));
      if (page["next"].is_null()) fmt::print("{}", totals_text(page));
    }
  }));
  if (cli.json && !csv) fmt::print("{}\n", all.dump(2));
  return {};
}

base::Status csv_of_course(const Paths& paths, const std::string& course, const std::string& month) {
  bool head = true;
  return each_member(paths, course, month, [&](const Json& page, const Json& member) {
    return each_page(paths, member.value("account", ""), page.value("month", ""), true, [&](const Json& lines, bool) {
      if (std::exchange(head, false)) print_csv(lines.value("csv_head", ""));
      print_csv(lines.value("csv", ""));
    });
  });
}

base::Status of_course(const Cli& cli, const Paths& paths, const std::string& course, const std::string& month) {
  constexpr const char* kSums[] = {"opening", "given", "taken_back", "expired", "machines", "disks", "addresses", "corrections", "house_disks", "closing"};
  Json rows = Json::array();
  std::map<std::string, base::Money> sums;
  std::string title;
  TRY(each_member(paths, course, month, [&](const Json& page, const Json& member) -> base::Status {
    title = fmt::format("{} · {}", line(page, "month"), line(page, "course"));
    for (const char* key : kSums) {
      TRY_ASSIGN(const auto amount, base::parse_decimal(member["sums"].value(key, "")));
      sums[key] += amount;
    }
    rows.push_back(member);
    return {};
  }));
  Json total = Json::object();
  for (const char* key : kSums) total[key] = base::to_decimal(sums[key]);
  if (cli.json) {
    fmt::print("{}\n", Json{{"members", rows}, {"sums", total}}.dump(2));
    return {};
  }
  for (auto& row : rows)
    for (const char* key : kSums) row[key] = row["sums"].value(std::string(key) + "_shown", "");
  Json last{{"account", "All"}};
  for (const char* key : kSums) {
    const bool left = std::string_view("opening given corrections closing").contains(key);
    last[key] = base::to_display(sums[key], left ? base::Rounding::kFloor : base::Rounding::kCeil);
  }
  rows.push_back(last);
  fmt::print("{}\n\n{}\nRounded to cents: what is charged up, what is left down; --csv has every line and every nano-dollar. A month begins and ends at midnight UTC.\n", title,
             to_table(rows, {{"ACCOUNT", "account"}, {"NAME", "name"}, {"SECTION", "section"}, {"OPENING", "opening"}, {"GIVEN", "given"}, {"BACK", "taken_back"},
                             {"EXPIRED", "expired"}, {"MACHINES", "machines"}, {"DISKS", "disks"}, {"ADDRESSES", "addresses"}, {"FAULTS", "corrections"}, {"CLOSING", "closing"},
                             {"HOUSE PAID", "house_disks"}}));
  return {};
}

}  // namespace

void add_statement_command(CLI::App& app, Cli& cli) {
  auto* statement = sub(app, cli, "statement", "what an account or a course was given and charged in a month");
  auto& account = option(statement, "ACCOUNT", "the account's 12 digits", false);
  auto& course = option(statement, "--course", "of all members of this course: its name or id", false);
  auto& month = option(statement, "--month", "like 2026-11, of UTC (default: this one)", false);
  auto& csv = flag(statement, "--csv", "every line, with every nano-dollar, for a spreadsheet");
  statement->callback([&] {
    if (account.empty() == course.empty())
      return cli.fail({base::Fault::kInvalid, "MissingArgument", "say whose: stipend statement ACCOUNT, or stipend statement --course COURSE"});
    const auto where = cli.paths();
    if (!where) return cli.fail(where.error());
    const auto done = !account.empty() ? of_account(cli, *where, account, month, csv)
                      : csv            ? csv_of_course(*where, course, month)
                                       : of_course(cli, *where, course, month);
    if (!done) cli.fail(done.error());
  });
}

}  // namespace stipend::app
