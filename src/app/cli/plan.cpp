// `stipend plan`: what a piece of homework costs, from the price list alone. Needs no server but for a course's own list.
#include <fmt/format.h>

#include <charconv>

#include "app/cli/parts.hpp"
#include "app/cli/price_file.hpp"
#include "base/money.hpp"
#include "domain/homework.hpp"

namespace stipend::app {
namespace {

struct Wish {
  domain::Catalogue catalogue;
  domain::InstanceType type;
  std::int64_t students = 1, disk_gib = 8;
  domain::Homework homework;
};

base::Result<std::int64_t> number(const std::string& text, const char* what, std::int64_t otherwise, std::int64_t least, std::int64_t most) {
  if (text.empty()) return otherwise;
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < least || value > most)
    return base::fail(base::Fault::kInvalid, "InvalidNumber", fmt::format("{} must be a whole number from {} to {}", what, least, most));
  return value;
}

// Hours as people write them ("6", "1.5"), to the second.
base::Result<std::int64_t> seconds_of(const std::string& text) {
  const auto hours = base::parse_decimal(text);
  constexpr std::int64_t kMostHours = 2'000;
  if (!hours || *hours <= base::Money{} || *hours > base::Money::dollars(kMostHours))
    return base::fail(base::Fault::kInvalid, "InvalidHours", fmt::format("--hours must be hours like 6 or 1.5, at most {}", kMostHours));
  return base::mul_div(*hours, 3600, base::Money::dollars(1).nano, base::Rounding::kCeil).nano;
}

struct Words {
  std::string type, hours, students, catalogue, disk_gib, days, starts;
};

// One of AWS, a file, or a course's own, which its server knows.
base::Result<domain::Catalogue> price_list(const Cli& cli, const std::string& named) {
  const auto edition = named.empty() ? "2026" : named;
  if (const auto* built_in = domain::find_catalogue(edition)) return *built_in;
  if (edition.find('/') != edition.npos || edition.ends_with(".json")) return read_price_file(edition);
  TRY_ASSIGN(const auto where, cli.paths());
  auto known = ask_server(where, "catalogue.show", {{"edition", edition}});
  if (known) return price_list_of(*known);
  if (known.error().code != "NotServed") return std::unexpected(known.error());
  return base::fail(base::Fault::kNotFound, "NoSuchCatalogue",
                    fmt::format("'{}' is none of the price lists 2026 and 2017 and no file that ends in .json; a course's own is known to its server, and {}",
                                edition.substr(0, 40), known.error().message));
}

base::Result<Wish> wish_of(const Cli& cli, const Words& words) {
  Wish wish;
  TRY_ASSIGN(wish.catalogue, price_list(cli, words.catalogue));
  const auto* type = domain::find_type(wish.catalogue, words.type);
  if (!type)
    return base::fail(base::Fault::kNotFound, "NoSuchType",
                      fmt::format("the price list {} has no instance type '{}'; names are like t2.medium", wish.catalogue.edition, words.type.substr(0, 40)));
  wish.type = *type;
  TRY_ASSIGN(wish.students, number(words.students, "--students", 1, 1, 10'000));
  TRY_ASSIGN(wish.disk_gib, number(words.disk_gib, "--disk-gib", 8, 0, 1'024));
  TRY_ASSIGN(const auto days, number(words.days, "--days", 14, 0, 400));
  TRY_ASSIGN(const auto seconds, seconds_of(words.hours));
  TRY_ASSIGN(const auto starts, number(words.starts, "--starts", 1, 1, 1'000));
  if (starts > seconds)
    return base::fail(base::Fault::kInvalid, "InvalidNumber", "--starts: each start must run for a second at least");
  constexpr std::int64_t kDay = 86'400, kGraceDays = 14;  // as a new course has it
  wish.homework = {.machine = wish.type.price, .seconds = seconds, .starts = starts, .disk = domain::disk_price(wish.catalogue, wish.disk_gib),
                   .disk_s = days * kDay, .grace_s = kGraceDays * kDay};
  return wish;
}

Json bill_json(const domain::Bill& bill, std::int64_t students) {
  const auto all = [&](base::Money one) { return base::to_decimal(base::mul_div(one, students, 1, base::Rounding::kCeil)); };
  return {{"machine", base::to_decimal(bill.machine)},
          {"disk", base::to_decimal(bill.disk)},
          {"cost", base::to_decimal(bill.cost())},
          {"reserve", base::to_decimal(bill.reserve)},
          {"credit", base::to_decimal(bill.credit())},
          {"class_cost", all(bill.cost())},
          {"class_credit", all(bill.credit())}};
}

Json to_json(const Wish& wish) {
  const auto& h = wish.homework;
  return {{"type", wish.type.name},
          {"catalogue", wish.catalogue.edition},
          {"source", wish.catalogue.source},
          {"price_per_hour", base::to_decimal({h.machine.nano_per_hour})},
          {"disk_price_per_hour", base::to_decimal({h.disk.nano_per_hour})},
          {"students", wish.students},
          {"seconds", h.seconds},
          {"starts", h.starts},
          {"disk_gib", wish.disk_gib},
          {"disk_days", h.disk_s / 86'400},
          {"per_second", bill_json(domain::bill_of(h, domain::RatePlan::kPerSecond), wish.students)},
          {"per_hour", bill_json(domain::bill_of(h, domain::RatePlan::kPerHour), wish.students)}};
}

std::string shown(const Json& bill, const char* key) {
  const auto amount = base::parse_decimal(bill.value(key, ""));
  return amount ? base::to_display(*amount, base::Rounding::kCeil) : "-";
}

std::string text_of(const Json& j) {
  const auto price = base::parse_decimal(j.value("price_per_hour", ""));
  const auto starts = j.value("starts", std::int64_t{1});
  std::string out = fmt::format("{} at {} an hour ({}), {:.4g} h in {}; a disk of {} GiB for {} days\n\n", line(j, "type"),
                                price ? base::to_rate_display(*price) : "-", line(j, "catalogue"), static_cast<double>(j.value("seconds", std::int64_t{0})) / 3600,
                                starts == 1 ? "one start" : fmt::format("{} starts", starts), j.value("disk_gib", 0), j.value("disk_days", 0));
  Json rows = Json::array();
  const auto row = [&](const std::string& what, const char* key) {
    rows.push_back({{"what", what}, {"second", shown(j["per_second"], key)}, {"hour", shown(j["per_hour"], key)}});
  };
  const auto students = j.value("students", std::int64_t{1});
  row("Machine, a student", "machine");
  row("Disk, a student", "disk");
  row("Cost, a student", "cost");
  row(fmt::format("Cost, {} students", students), "class_cost");
  row("Credit to give a student", "credit");
  row(fmt::format("Credit to give {} students", students), "class_credit");
  return out + to_table(rows, {{"", "what"}, {"PER SECOND", "second"}, {"PER HOUR", "hour"}}) +
         fmt::format("\nRounded up to cents. The credit to give has {} a student more than the cost: what keeps the disk for 14 days is set "
                     "aside when the disk is made, and free again when it is deleted.\n",
                     shown(j["per_second"], "reserve"));
}

}  // namespace

void add_plan_command(CLI::App& app, Cli& cli) {
  auto* plan = sub(app, cli, "plan", "what a piece of homework costs, under both rate plans; needs no server");
  static Words words;
  const auto add = [&](const char* name, std::string& value, const char* what, bool required) {
    auto* added = plan->add_option(name, value, what);
    if (required) added->required();
  };
  add("--type", words.type, "instance type, like t2.medium", true);
  add("--hours", words.hours, "how long a student's machine runs, all starts together: 6, 1.5", true);
  add("--students", words.students, "how many (default 1)", false);
  add("--catalogue", words.catalogue, "price list: 2026 (default), 2017, a course's own, or a file", false);
  add("--disk-gib", words.disk_gib, "size of each disk (default 8; 0: none)", false);
  add("--days", words.days, "how long each disk exists (default 14)", false);
  add("--starts", words.starts, "how often each starts the machine (default 1)", false);
  plan->callback([&] {
    const auto wish = wish_of(cli, words);
    if (!wish) return cli.fail(wish.error());
    const auto json = to_json(*wish);
    fmt::print("{}", cli.json ? json.dump(2) + "\n" : text_of(json));
  });
}

}  // namespace stipend::app
