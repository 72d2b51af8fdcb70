#include "gateway/console_statement.hpp"

#include <charconv>

#include "net/url.hpp"

namespace stipend::gateway {
namespace {

// What is charged is shown rounded up, what is left and given down; nothing is shown as nothing.
std::string shown(Money amount, base::Rounding rounding) { return amount == Money{} ? "" : base::to_display(amount, rounding); }

Json to_json(const StatementLine& line) {
  return {{"number", line.number},
          {"posted", base::to_iso8601(line.posted)},
          {"from", line.from ? Json(base::to_iso8601(*line.from)) : Json(nullptr)},
          {"seconds", line.seconds},
          {"what", line.what},
          {"item", line.item},
          {"run", line.run},
          {"type", line.type},
          {"price_per_hour", base::to_decimal(line.price)},
          {"price_shown", line.price == Money{} ? "" : base::to_rate_display(line.price)},
          {"catalogue", line.catalogue},
          {"reason", line.reason},
          {"in", base::to_decimal(line.in)},
          {"out", base::to_decimal(line.out)},
          {"house", base::to_decimal(line.house)},
          {"balance", base::to_decimal(line.balance)},
          {"in_shown", shown(line.in, base::Rounding::kFloor)},
          {"out_shown", shown(line.out, base::Rounding::kCeil)},
          {"house_shown", shown(line.house, base::Rounding::kCeil)},
          {"balance_shown", base::to_display(line.balance, base::Rounding::kFloor)}};
}

Json to_json(const StatementSums& sums) {
  Json out = Json::object();
  const auto put = [&](const char* name, Money amount, base::Rounding rounding) {
    out[name] = base::to_decimal(amount);
    out[std::string(name) + "_shown"] = base::to_display(amount, rounding);
  };
  put("opening", sums.opening, base::Rounding::kFloor);
  put("given", sums.given, base::Rounding::kFloor);
  put("taken_back", sums.taken_back, base::Rounding::kCeil);
  put("expired", sums.expired, base::Rounding::kCeil);
  put("machines", sums.machines, base::Rounding::kCeil);
  put("disks", sums.disks, base::Rounding::kCeil);
  put("addresses", sums.addresses, base::Rounding::kCeil);
  put("corrections", sums.corrections, base::Rounding::kFloor);
  put("house_disks", sums.house_disks, base::Rounding::kCeil);
  put("closing", sums.closing, base::Rounding::kFloor);
  return out;
}

base::Error invalid(const char* code, const char* sentence) { return {base::Fault::kInvalid, code, sentence}; }

}  // namespace

Json to_json(const StatementView& s) {
  Json lines = Json::array();
  for (const auto& line : s.lines) lines.push_back(to_json(line));
  Json out{{"account", s.account.str()}, {"name", s.name},   {"identifier", s.identifier},       {"section", s.section},
           {"course", s.course},         {"month", s.month}, {"lines_in_all", s.lines_in_all}};
  out["sums"] = to_json(s.sums);
  out["balance_now"] = s.balance_now ? Json(base::to_decimal(*s.balance_now)) : Json(nullptr);
  out["balance_now_shown"] = s.balance_now ? Json(base::to_display(*s.balance_now, base::Rounding::kFloor)) : Json(nullptr);
  out["lines"] = std::move(lines);
  if (!s.csv_head.empty()) {
    out["csv_head"] = s.csv_head;
    out["csv"] = s.csv;
  }
  out["next"] = s.next ? Json(*s.next) : Json(nullptr);
  return out;
}

Json to_json(const ClassStatements& statements) {
  Json rows = Json::array();
  for (const auto& row : statements.rows) rows.push_back(to_json(row));
  return {{"course", statements.course},
          {"month", statements.month},
          {"members", statements.members},
          {"rows", std::move(rows)},
          {"next", statements.next ? Json(statements.next->str()) : Json(nullptr)}};
}

bool is_statement_path(std::string_view path) { return path == "/statement" || path == "/statements"; }

awaitable<net::Response> statement_api(StatementCall call) {
  if (call.post) co_return problem(invalid("MethodNotAllowed", "Statements are only read."), call.request_id);
  const auto pairs = net::parse_form(call.query, 16).value_or(net::Pairs{});
  const auto word = [&](const char* name) { return std::string(net::find(pairs, name).value_or("")); };
  const auto account_of = [&](const char* name) -> std::optional<base::AccountId> {
    if (const auto id = base::AccountId::parse(word(name))) return *id;
    return std::nullopt;
  };
  if (call.path == "/statements") {
    const auto after = account_of("after");
    if (!after && !word("after").empty()) co_return problem(invalid("InvalidId", "An account is 12 digits."), call.request_id);
    const auto page = co_await call.ports.class_statements(call.account, word("month"), after);
    co_return page ? ok(to_json(*page)) : problem(page.error(), call.request_id);
  }
  const auto account = account_of("account");
  if (!account && !word("account").empty()) co_return problem(invalid("InvalidId", "An account is 12 digits."), call.request_id);
  StatementQuery query{word("month"), 0, word("csv") == "1"};
  if (const auto after = word("after"); !after.empty()) {
    const auto [end, error] = std::from_chars(after.data(), after.data() + after.size(), query.after);
    if (error != std::errc() || end != after.data() + after.size() || query.after < 0)
      co_return problem(invalid("InvalidNumber", "'after' is the number of a line."), call.request_id);
  }
  const auto page = co_await call.ports.statement(call.account, account, std::move(query));
  co_return page ? ok(to_json(*page)) : problem(page.error(), call.request_id);
}

}  // namespace stipend::gateway
