// What the gateway knows of statements: an account's entries of a month, and what they add up to. The same rules as
// ports.hpp; every call names the account that asks.
#pragma once

#include "gateway/ports.hpp"

namespace stipend::gateway {

struct StatementQuery {
  std::string month;        // "2026-11", of UTC; empty: the present one
  std::int64_t after = 0;   // lines with higher numbers
  bool csv = false;         // the lines as text
};

struct StatementLine {
  std::int64_t number = 0, run = 0;
  WallTime posted;
  std::optional<WallTime> from;     // of a charge: the seconds counted, laid back from the posting
  std::int64_t seconds = 0;
  std::string what, item, type, catalogue, reason;
  Money price;                      // an hour
  Money in, out, house, balance;
};

struct StatementSums {
  Money opening, given, taken_back, expired, machines, disks, addresses, corrections, house_disks, closing;
};

struct StatementView {
  base::AccountId account;
  std::string name, identifier, section, course, month;
  StatementSums sums;
  std::optional<Money> balance_now;  // of the present month: with what is not posted yet
  std::int64_t lines_in_all = 0;
  std::vector<StatementLine> lines;  // a page of them
  std::string csv_head, csv;         // where asked: the names of the columns, and this page
  std::optional<std::int64_t> next;  // `after` of the next page
};

// Members and what their months add up to, some at a time; no lines.
struct ClassStatements {
  std::string course, month;
  std::int64_t members = 0;          // in all pages
  std::vector<StatementView> rows;
  std::optional<base::AccountId> next;
};

class StatementPorts {
 public:
  virtual ~StatementPorts() = default;
  // The asker's own, or, for staff, that of an account of the course.
  virtual awaitable<base::Result<StatementView>> statement(base::AccountId asker, std::optional<base::AccountId> account,
                                                           StatementQuery query) = 0;
  // For staff. `after`: the next of the page before.
  virtual awaitable<base::Result<ClassStatements>> class_statements(base::AccountId staff, std::string month,
                                                                    std::optional<base::AccountId> after) = 0;
};

}  // namespace stipend::gateway
