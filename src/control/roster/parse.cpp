#include "control/roster/parse.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <tuple>

#include "control/roster/clean_text.hpp"
#include "control/roster/columns.hpp"
#include "control/roster/decode.hpp"

namespace stipend::control {
namespace {

using Column = std::optional<std::size_t>;

std::optional<domain::Role> role_of(std::string_view text) {
  static constexpr std::string_view kStudents[] = {"student", "learner", "participant", "studentin", "etudiant", "estudiante", "studente", "teilnehmer"};
  static constexpr std::string_view kTeachers[] = {"teacher", "instructor", "staff", "ta", "assistant", "teachingassistant", "tutor", "lecturer",
                                                   "professor", "dozent", "dozentin", "enseignant", "profesor", "docente"};
  std::string word;
  for (const char c : folded(text))
    if (c >= 'a' && c <= 'z') word += c;
  if (std::ranges::find(kStudents, word) != std::end(kStudents)) return domain::Role::kStudent;
  if (std::ranges::find(kTeachers, word) != std::end(kTeachers)) return domain::Role::kTeacher;
  return std::nullopt;
}

class Parser {
 public:
  explicit Parser(const RosterColumns& columns) : columns_(columns) {}

  void take(const CsvRecord& record) {
    wrong_before_ = roster_.wrong.size();
    RosterRow row;
    row.line = record.line;
    if (record.cells.size() > columns_.titles.size() &&
        std::any_of(record.cells.begin() + static_cast<std::ptrdiff_t>(columns_.titles.size()), record.cells.end(),
                    [](const auto& cell) { return !cell.empty(); }))
      wrong(row, std::nullopt, fmt::format("has {} cells, the first line names {}", record.cells.size(), columns_.titles.size()));
    row.name = name(record, row);
    if (const auto text = cell(record, columns_.mail); !text.empty()) keep(row, columns_.mail, clean_mail(text), row.mail);
    if (const auto text = cell(record, columns_.identifier); !text.empty())
      keep(row, columns_.identifier, clean_identifier(text), row.identifier);
    if (const auto text = cell(record, columns_.section); !text.empty())
      keep(row, columns_.section, clean_text(text, kSectionMost, false), row.section);
    credit(record, row);
    if (const auto text = cell(record, columns_.role); !text.empty())
      if (!(row.role = role_of(text))) wrong(row, columns_.role, "is neither student nor teacher");
    if (row.identifier.empty() && row.mail.empty() && roster_.wrong.size() == wrong_before_)
      wrong(row, columns_.identifier ? columns_.identifier : columns_.mail, "is missing");
    once(identifiers_, row, columns_.identifier, row.identifier);
    once(mails_, row, columns_.mail, row.mail);
    if (roster_.wrong.size() == wrong_before_) roster_.rows.push_back(std::move(row));
  }

  Roster done(std::vector<Wrong> of_the_text) {
    roster_.wrong.insert(roster_.wrong.end(), of_the_text.begin(), of_the_text.end());
    std::ranges::sort(roster_.wrong, {}, [](const Wrong& w) { return std::tie(w.line, w.column, w.reason); });
    roster_.ignored = columns_.ignored;
    roster_.has_name = columns_.name || columns_.first || columns_.last;
    roster_.has_mail = columns_.mail.has_value();
    roster_.has_section = columns_.section.has_value();
    return std::move(roster_);
  }

 private:
  static std::string_view cell(const CsvRecord& record, Column column) {
    if (!column || *column >= record.cells.size()) return {};
    std::string_view text = record.cells[*column];
    while (text.starts_with(' ')) text.remove_prefix(1);
    while (text.ends_with(' ')) text.remove_suffix(1);
    return text;
  }

  void wrong(const RosterRow& row, Column column, std::string reason) {
    roster_.wrong.push_back({row.line, column ? columns_.titles[*column] : "", std::move(reason)});
  }

  void keep(const RosterRow& row, Column column, base::Result<std::string> clean, std::string& into) {
    if (clean) into = *std::move(clean);
    else wrong(row, column, clean.error().message);
  }

  std::string name(const CsvRecord& record, const RosterRow& row) {
    std::string out;
    if (columns_.name) {
      keep(row, columns_.name, clean_name(cell(record, columns_.name)), out);
      return out;
    }
    std::string first, last;
    keep(row, columns_.first, clean_name(cell(record, columns_.first)), first);
    keep(row, columns_.last, clean_name(cell(record, columns_.last)), last);
    keep(row, columns_.first, clean_name(first + " " + last), out);
    return out;
  }

  void credit(const CsvRecord& record, RosterRow& row) {
    auto text = std::string(cell(record, columns_.credit));
    if (text.empty()) return;
    if (text.starts_with('$')) text.erase(0, 1);
    const auto amount = base::parse_decimal(text);
    if (amount && *amount >= base::Money{} && *amount <= base::Money::dollars(1'000'000)) row.credit = *amount;
    else wrong(row, columns_.credit, "is not an amount of dollars like 20 or 12.50");
  }

  void once(std::map<std::string, std::int64_t>& seen, const RosterRow& row, Column column, const std::string& value) {
    if (value.empty()) return;
    const auto [at, fresh] = seen.emplace(folded(value), row.line);
    if (!fresh) wrong(row, column, fmt::format("is in line {} already", at->second));
  }

  const RosterColumns& columns_;
  Roster roster_;
  std::size_t wrong_before_ = 0;
  std::map<std::string, std::int64_t> identifiers_, mails_;
};

Roster nothing(std::int64_t line, std::string why) { return {.wrong = {{line, "", std::move(why)}}}; }

}  // namespace

Roster parse_roster(std::string_view bytes) {
  if (bytes.size() > kRosterBytes) return nothing(0, "the file is larger than 2 MiB");
  const auto text = decode_text(bytes);
  if (!text) return nothing(0, text.error().message);
  auto table = read_csv(*text, {.records = kRosterRows + 1});
  if (table.records.empty()) {
    auto empty = nothing(0, "the file has no lines");
    if (!table.wrong.empty()) empty.wrong = std::move(table.wrong);
    return empty;
  }
  const auto columns = find_columns(table.records.front().cells);
  if (!columns) return nothing(table.records.front().line, columns.error().message);
  Parser parser(*columns);
  for (std::size_t at = 1; at < table.records.size(); ++at) parser.take(table.records[at]);
  auto roster = parser.done(std::move(table.wrong));
  if (roster.rows.empty() && roster.wrong.empty()) roster.wrong.push_back({0, "", "the file has no lines but the first"});
  return roster;
}

}  // namespace stipend::control
