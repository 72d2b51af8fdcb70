#include "control/roster/csv.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>

namespace stipend::control {
namespace {

bool begins_like_a_formula(std::string_view cell) {
  const auto at = cell.find_first_not_of('\'');
  return at != std::string_view::npos && std::string_view("=+-@\t\r").contains(cell[at]);
}

std::string without_apostrophe(std::string cell) {
  if (cell.starts_with('\'') && begins_like_a_formula(cell)) cell.erase(0, 1);
  return cell;
}

char separator_of(std::string_view text) {
  std::array<std::size_t, 3> count{};
  constexpr std::string_view kSeparators = ",;\t";
  bool quoted = false;
  for (const char c : text) {
    if (c == '"') quoted = !quoted;
    if (!quoted && (c == '\n' || c == '\r')) break;
    if (const auto at = kSeparators.find(c); !quoted && at != std::string_view::npos) ++count[at];
  }
  return kSeparators[static_cast<std::size_t>(std::ranges::max_element(count) - count.begin())];
}

class Reader {
 public:
  Reader(std::string_view text, const CsvLimits& limits) : text_(text), limits_(limits) {
    skip_empty_lines();
    if (text_.size() >= at_ + 5 && text_.substr(at_, 4) == "sep=" && std::string_view(",;\t").contains(text_[at_ + 4]) &&
        (text_.size() == at_ + 5 || text_[at_ + 5] == '\n' || text_[at_ + 5] == '\r')) {
      separator_ = text_[at_ + 4];
      at_ += 5;
      take_line_end();
    } else {
      separator_ = separator_of(text_.substr(at_));
    }
  }

  CsvTable read() {
    while (at_ < text_.size()) {
      const auto begun = at_;
      const auto line = line_;
      CsvRecord record{line, {}};
      if (const auto why = read_record(record)) {
        table_.wrong.push_back({line, "", *why});
        at_ = begun;
        line_ = line;
        skip_line();
        if (table_.wrong.size() > limits_.records) break;
        continue;
      }
      if (std::ranges::all_of(record.cells, [](const auto& c) { return c.find_first_not_of(" \t") == c.npos; })) continue;
      if (table_.records.size() == limits_.records) {
        table_.wrong.push_back({line, "", fmt::format("the file has more than {} lines; split it", limits_.records - 1)});
        break;
      }
      table_.records.push_back(std::move(record));
    }
    return std::move(table_);
  }

 private:
  bool at_line_end() const { return at_ >= text_.size() || text_[at_] == '\n' || text_[at_] == '\r'; }

  void take_line_end() {
    if (at_ >= text_.size()) return;
    if (text_[at_] == '\r' && at_ + 1 < text_.size() && text_[at_ + 1] == '\n') ++at_;
    ++at_;
    ++line_;
  }
  void skip_empty_lines() {
    while (at_ < text_.size() && at_line_end()) take_line_end();
  }
  void skip_line() {
    while (!at_line_end()) ++at_;
    take_line_end();
  }

  // Why the record cannot be read, if so.
  std::optional<std::string> read_record(CsvRecord& record) {
    for (;;) {
      std::string cell;
      if (const auto why = read_cell(record.line, cell)) return why;
      if (cell.size() > limits_.cell_bytes) return fmt::format("a cell is longer than {} bytes", limits_.cell_bytes);
      record.cells.push_back(without_apostrophe(std::move(cell)));
      if (record.cells.size() > limits_.cells) return fmt::format("the line has more than {} cells", limits_.cells);
      if (at_line_end()) {
        take_line_end();
        return std::nullopt;
      }
      ++at_;  // the separator
    }
  }

  std::optional<std::string> read_cell(std::int64_t first_line, std::string& cell) {
    const auto begun = at_;
    while (at_ < text_.size() && text_[at_] == ' ') ++at_;
    if (at_ < text_.size() && text_[at_] == '"') return read_quoted(first_line, cell);
    at_ = begun;
    for (; !at_line_end() && text_[at_] != separator_; ++at_) {
      if (text_[at_] == '"') return "a \" stands inside a cell that does not begin with one";
      cell += text_[at_];
    }
    return std::nullopt;
  }

  std::optional<std::string> read_quoted(std::int64_t first_line, std::string& cell) {
    for (++at_;; ++at_) {
      if (at_ >= text_.size() || line_ - first_line >= limits_.lines_a_record) return "a quote is opened and not closed";
      if (text_[at_] == '"') {
        if (at_ + 1 >= text_.size() || text_[at_ + 1] != '"') break;
        ++at_;
      } else if (text_[at_] == '\n' || (text_[at_] == '\r' && text_.substr(at_ + 1, 1) != "\n")) {
        ++line_;
      }
      cell += text_[at_];
    }
    ++at_;
    while (at_ < text_.size() && text_[at_] == ' ') ++at_;
    if (!at_line_end() && text_[at_] != separator_) return "there is text behind a closing quote";
    return std::nullopt;
  }

  std::string_view text_;
  const CsvLimits& limits_;
  std::size_t at_ = 0;
  std::int64_t line_ = 1;
  char separator_ = ',';
  CsvTable table_;
};

}  // namespace

CsvTable read_csv(std::string_view text, const CsvLimits& limits) { return Reader(text, limits).read(); }

std::string csv_line(const std::vector<std::string>& cells) {
  std::string out;
  for (const auto& cell : cells) {
    if (!out.empty() || &cell != &cells.front()) out += ',';
    std::string safe = (begins_like_a_formula(cell) ? "'" : "") + cell;
    const bool quote = safe.find_first_of(",;\t\"\r\n") != safe.npos || safe.starts_with(' ') || safe.ends_with(' ');
    if (!quote) {
      out += safe;
      continue;
    }
    out += '"';
    for (const char c : safe) out += c == '"' ? std::string("\"\"") : std::string(1, c);
    out += '"';
  }
  return out + "\r\n";
}

}  // namespace stipend::control
