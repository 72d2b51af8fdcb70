#include "store/sqlite/database.hpp"

#include <sqlite3.h>

#include <utility>

namespace stipend::store::sqlite {

using base::Fault;

Statement::~Statement() {
  sqlite3_finalize(raw_);
}

void Statement::bind(int index, std::int64_t value) {
  sqlite3_bind_int64(raw_, index, value);
}
void Statement::bind_null(int index) {
  sqlite3_bind_null(raw_, index);
}
void Statement::bind_text(int index, std::string_view value) {
  sqlite3_bind_text64(raw_, index, value.data() == nullptr ? "" : value.data(), value.size(), SQLITE_STATIC,
                      SQLITE_UTF8);
}
void Statement::bind_bytes(int index, std::string_view value) {
  sqlite3_bind_blob64(raw_, index, value.data() == nullptr ? "" : value.data(), value.size(), SQLITE_STATIC);
}
std::int64_t Statement::integer(int column) const {
  return sqlite3_column_int64(raw_, column);
}
std::string_view Statement::text(int column) const {
  const auto* bytes = static_cast<const char*>(sqlite3_column_blob(raw_, column));
  return bytes == nullptr ? std::string_view() : std::string_view(bytes, sqlite3_column_bytes(raw_, column));
}
bool Statement::is_null(int column) const {
  return sqlite3_column_type(raw_, column) == SQLITE_NULL;
}

int Statement::step() {
  const int code = sqlite3_step(raw_);
  if (code != SQLITE_ROW) reset();
  return code;
}
void Statement::reset() {
  sqlite3_reset(raw_);
}

void Database::Close::operator()(sqlite3* raw) const {
  sqlite3_close_v2(raw);
}

base::Result<Database> Database::open(const std::string& path, Open how) {
  sqlite3* raw = nullptr;
  const int mode = how == Open::kWriter ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE : SQLITE_OPEN_READONLY;
  const int code = sqlite3_open_v2(path.c_str(), &raw, mode | SQLITE_OPEN_NOMUTEX, nullptr);
  Database made;
  made.raw_.reset(raw);
  if (code != SQLITE_OK)
    return base::fail(Fault::kUnavailable, "StoreUnavailable",
                      "cannot open " + path + ": " + sqlite3_errstr(code) +
                          "; check that the state folder is there and that this user may write in it");
  sqlite3_extended_result_codes(raw, 1);
  sqlite3_busy_timeout(raw, 5000);
  return made;
}

int Database::execute(const std::string& sql) {
  return sqlite3_exec(raw_.get(), sql.c_str(), nullptr, nullptr, nullptr);
}

base::Result<Statement> Database::prepare(const std::string& sql) {
  sqlite3_stmt* raw = nullptr;
  if (sqlite3_prepare_v3(raw_.get(), sql.c_str(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT,
                         &raw, nullptr) != SQLITE_OK)
    return std::unexpected(error("cannot prepare a statement"));
  return Statement(raw);
}

bool Database::in_transaction() const {
  return sqlite3_get_autocommit(raw_.get()) == 0;
}
std::string Database::message() const {
  return sqlite3_errmsg(raw_.get());
}

base::Error Database::error(const std::string& what) const {
  std::string text = what + ": " + message();
  switch (sqlite3_errcode(raw_.get()) & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      text += "; another program holds the database (a backup, a shell): end it, then try again";
      break;
    case SQLITE_FULL: text += "; free some space on the disk of the state folder"; break;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      text += "; the file is damaged: stop the server and put the newest backup of the state folder back";
      break;
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_CANTOPEN: text += "; the state folder must be writable by the user of the server"; break;
    default: break;
  }
  return {Fault::kUnavailable, "StoreUnavailable", std::move(text)};
}

}  // namespace stipend::store::sqlite
