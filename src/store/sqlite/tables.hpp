// The prepared statements of each table, made once.
#pragma once

#include <tuple>

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
    return status;
  }
  // SQLITE_DONE or the extended code of the failure.
  int write(const Change& change) {
    return std::visit([&](const auto& one) { return write_one(one); }, change);
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

  template <class... Rows>
  using Each = std::tuple<TableStatements<Rows>...>;
  Each<domain::Course, domain::Person, domain::Account, domain::AccessKey, domain::KeyPair, domain::Image,
       domain::Disk, domain::Instance, domain::Grant, domain::Hold, domain::ClientToken, domain::Pass,
       domain::Setting, domain::JoinCode, domain::CourseLink, domain::QueuePlace, domain::Spend, domain::CreditCode, domain::Entry, domain::Audit>
      all_;
  std::vector<std::string> scratch_;
};

}  // namespace stipend::store::sqlite
