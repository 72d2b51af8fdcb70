#include "app/statement_words.hpp"

#include "control/commands/snapshots.hpp"
#include "control/roster/csv.hpp"
#include "domain/costs.hpp"

namespace stipend::app {
namespace {

using base::Money;

std::string kept_word(const domain::Entry& entry) {
  const auto of = domain::cost_of(entry.kind, entry.type);
  return of == domain::CostOf::kSnapshot ? "snapshot" : of == domain::CostOf::kAddress ? "address" : "disk";
}

std::string what_of(const domain::Line& line) {
  switch (line.entry.kind) {
    case domain::EntryKind::kGrant:
      // The first word is the source of the grant.
      if (line.entry.reason == "free-tier") return "free tier";
      return line.entry.reason == "refund" || line.entry.reason.starts_with("refund ") ? "refund" : "credit given";
    case domain::EntryKind::kTakeBack: return "credit taken back";
    case domain::EntryKind::kExpiry: return "credit expired";
    case domain::EntryKind::kCharge: return "machine";
    case domain::EntryKind::kCorrection: return "given back after a fault";
    case domain::EntryKind::kStorage: return kept_word(line.entry) + (line.house > Money{} ? ", paid by the house" : "");
  }
  return "";
}

// As clients name it: a snapshot is a disk, vol-… in the ledger.
std::string item_of(const domain::Entry& entry) {
  if (domain::cost_of(entry.kind, entry.type) != domain::CostOf::kSnapshot) return entry.subject;
  const auto disk = base::DiskId::parse(entry.subject);
  return disk ? control::snapshot_id(*disk).str() : entry.subject;
}

std::string amount(Money m) { return m == Money{} ? "" : base::to_decimal(m); }

}  // namespace

gateway::StatementLine line_view(const domain::Line& line, Money opening, const std::string& edition) {
  const auto& e = line.entry;
  const bool priced = e.price.nano_per_hour > 0;
  gateway::StatementLine out;
  out.number = e.number;
  out.run = e.generation;
  out.posted = e.at;
  out.from = line.from;
  out.seconds = e.to.count - e.from.count;
  out.what = what_of(line);
  out.item = item_of(e);
  out.type = e.kind == domain::EntryKind::kStorage ? "" : e.type;
  out.catalogue = !e.catalogue.empty() || !priced ? e.catalogue : edition;
  out.reason = e.reason;
  out.price = {e.price.nano_per_hour};
  out.in = line.in;
  out.out = line.out;
  out.house = line.house;
  out.balance = opening + line.in_period;
  return out;
}

gateway::StatementSums sums_view(const domain::Totals& t) {
  return {t.opening, t.given, t.taken_back, t.expired, t.machines, t.disks, t.addresses, t.corrections, t.house_disks, t.closing()};
}

std::string statement_csv_head() {
  return control::csv_line({"account", "name", "identifier", "section", "month", "entry", "posted", "what", "item", "run", "type", "from", "until", "seconds",
                            "price per hour", "price list", "reason", "in", "out", "paid by the house", "balance"});
}

std::string statement_csv(const gateway::StatementView& page, bool first) {
  std::string out;
  const auto balance = [&](const char* what, Money money) {
    out += control::csv_line({page.account.str(), page.name, page.identifier, page.section, page.month, "", "", what, "", "", "", "", "", "", "", "", "", "", "", "",
                              base::to_decimal(money)});
  };
  if (first) balance("opening balance", page.sums.opening);
  for (const auto& line : page.lines)
    out += control::csv_line({page.account.str(), page.name, page.identifier, page.section, page.month, std::to_string(line.number),
                              base::to_iso8601(line.posted), line.what, line.item, line.run > 0 ? std::to_string(line.run) : "", line.type,
                              line.from ? base::to_iso8601(*line.from) : "", line.from ? base::to_iso8601(line.posted) : "",
                              line.from ? std::to_string(line.seconds) : "", amount(line.price), line.catalogue, line.reason, amount(line.in),
                              amount(line.out), amount(line.house), base::to_decimal(line.balance)});
  if (!page.next) balance("closing balance", page.sums.closing);
  return out;
}

}  // namespace stipend::app
