// A statement's lines in words, and as CSV. Pure.
#pragma once

#include <string>

#include "domain/statement.hpp"
#include "gateway/statement_ports.hpp"

namespace stipend::app {

// `edition` of the course's price list: what entries for disks are priced by; others name their own.
gateway::StatementLine line_view(const domain::Line& line, base::Money opening, const std::string& edition);
gateway::StatementSums sums_view(const domain::Totals& totals);

// Every nano-dollar, no negative number, and no cell that a spreadsheet takes for a formula. The first page begins with the
// opening balance, the last one ends with the closing one.
std::string statement_csv_head();
std::string statement_csv(const gateway::StatementView& page, bool first);

}  // namespace stipend::app
