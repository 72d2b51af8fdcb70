// Comma-separated text as spreadsheets write it, read strictly and written safely. Pure.
//
// Reading: separated by `,`, `;` or TAB (found from the first line, or said by Excel's `sep=;`), lines ending in LF, CRLF
// or CR, cells quoted with `"` where needed, `""` for a quote. A broken line is a problem of its own and the next line
// is read. Cells lose the apostrophe that keeps a spreadsheet from taking them for a formula.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace stipend::control {

struct CsvRecord {
  std::int64_t line = 0;  // where it begins, from 1
  std::vector<std::string> cells;
};

// `column` as the file names it; empty: of the whole line. Line 0: of the whole file.
struct Wrong {
  std::int64_t line = 0;
  std::string column, reason;
};

struct CsvTable {
  std::vector<CsvRecord> records;  // empty lines left out
  std::vector<Wrong> wrong;
};

struct CsvLimits {
  std::size_t records = 10'001;  // the first names the columns
  std::size_t cells = 100;
  std::size_t cell_bytes = 4'096;
  std::int64_t lines_a_record = 20;
};

CsvTable read_csv(std::string_view text, const CsvLimits& limits = {});

// One line with CRLF. Cells that begin like a formula (= + - @ TAB CR, or apostrophes before one) get an apostrophe.
std::string csv_line(const std::vector<std::string>& cells);

}  // namespace stipend::control
