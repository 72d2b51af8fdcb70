// The prepared statements of each table, made once.
#pragma once

#include <sqlite3.h>

#include <tuple>

#include "domain/usage.hpp"
#include "store/change.hpp"
#include "store/sqlite/columns.hpp"

namespace stipend::store::sqlite {

template <class Row>
inline constexpr bool is_log = std::is_same_v<Row, domain::Entry> || std::is_same_v<Row, domain::Audit>;

template <class Row>
struct TableStatements {
  Statement put, erase;

  base::Status prepare(Database& database) {
    const auto names = column_names<Row>();
    const std::string table(Fields<Row>::kTable);
    std::string columns, values, updates;
    for (const auto& name : names) {
      const bool first = columns.empty();
      columns += (first ? "" : ",") + name;
      values += first ? "?" : ",?";
      if (!first) updates += (updates.empty() ? "" : ",") + name + "=excluded." + name;
    }
    std::string sql = "INSERT INTO " + table + " (" + columns + ") VALUES (" + values + ")";
    if (!is_log<Row>) sql += " ON CONFLICT (" + names.front() + ") DO UPDATE SET " + updates;
    TRY_ASSIGN(put, database.prepare(sql));
    if (!is_log<Row>) {
      TRY_ASSIGN(erase, database.prepare("DELETE FROM " + table + " WHERE " + names.front() + "=?"));
    }
    return {};
  }
};

// "SELECT columns FROM table".
template <class Row>
std::string select_sql() {
  std::string columns;
  for (const auto& name : column_names<Row>()) columns += (columns.empty() ? "" : ",") + name;
  return "SELECT " + columns + " FROM " + std::string(Fields<Row>::kTable);
}

class Tables {
 public:
  base::Status prepare(Database& database) {
    base::Status status;
    std::apply([&](auto&... table) { ((status = status ? table.prepare(database) : status), ...); }, all_);
    TRY(status);
    TRY_ASSIGN(add_usage_, database.prepare("INSERT INTO usage_days VALUES (?,?,?,?,?,?,?,?,?) ON CONFLICT DO UPDATE SET "
                                            "amount = amount + excluded.amount, seconds = seconds + excluded.seconds"));
    return {};
  }
  // SQLITE_DONE or the extended code of the failure.
  int write(const Batch& batch) {
    domain::UsageOf usage;
    for (const auto& change : batch) {
      if (const int code = std::visit([&](const auto& one) { return write_one(one); }, change); code != SQLITE_DONE) return code;
      const auto* entry = std::get_if<Put<domain::Entry>>(&change);
      const auto more = entry ? usage.next(*entry->row) : std::nullopt;
      if (!more) continue;
      bind_row(add_usage_, 1, *more, scratch_);
      if (const int code = add_usage_.step(); code != SQLITE_DONE) return code;
    }
    return SQLITE_DONE;
  }

 private:
  template <class Row>
  int write_one(const Put<Row>& change) {
    auto& statement = std::get<TableStatements<Row>>(all_).put;
    bind_row(statement, 1, *change.row, scratch_);
    return statement.step();
  }
  template <class Row>
  int write_one(const Erase<Row>& change) {
    auto& statement = std::get<TableStatements<Row>>(all_).erase;
    if constexpr (is_id<domain::Key<Row>>)
      statement.bind_text(1, change.key.view());
    else
      statement.bind_text(1, change.key);
    return statement.step();
  }

  StateRows::Tuple<TableStatements, domain::Entry, domain::Audit> all_;
  Statement add_usage_;
  std::vector<std::string> scratch_;
};

}  // namespace stipend::store::sqlite
