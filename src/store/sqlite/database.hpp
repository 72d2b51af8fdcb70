// A thin layer over one SQLite connection: statements that bind and read by type, errors as Status. Not
// thread-safe: one thread at a time uses a Database and its statements.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.hpp"

struct sqlite3;
struct sqlite3_stmt;

namespace stipend::store::sqlite {

enum class Open : std::uint8_t { kWriter, kReader };

class Statement {
 public:
  Statement() = default;
  Statement(sqlite3_stmt* raw) : raw_(raw) {}
  Statement(Statement&& other) noexcept : raw_(std::exchange(other.raw_, nullptr)) {}
  Statement& operator=(Statement&& other) noexcept {
    std::swap(raw_, other.raw_);
    return *this;
  }
  ~Statement();

  explicit operator bool() const { return raw_ != nullptr; }
  // Parameters count from 1, columns from 0. Text is not copied: it must live until step().
  void bind(int index, std::int64_t value);
  void bind_null(int index);
  void bind_text(int index, std::string_view value);
  void bind_text(int index, std::string&& value) = delete;
  void bind_bytes(int index, std::string_view value);
  std::int64_t integer(int column) const;
  std::string_view text(int column) const;  // or bytes; valid until the next step() or reset()
  bool is_null(int column) const;
  // SQLITE_ROW, SQLITE_DONE or an error, as an extended code; done and failed statements are reset.
  int step();
  void reset();

 private:
  sqlite3_stmt* raw_ = nullptr;
};

class Database {
 public:
  static base::Result<Database> open(const std::string& path, Open how);

  int execute(const std::string& sql);  // SQLITE_OK or the extended code of the failure
  base::Result<Statement> prepare(const std::string& sql);
  bool in_transaction() const;
  std::string message() const;                       // of the last failure
  base::Error error(const std::string& what) const;  // what + message(), naming a cure where there is one

 private:
  struct Close {
    void operator()(sqlite3* raw) const;
  };
  std::unique_ptr<sqlite3, Close> raw_;
};

}  // namespace stipend::store::sqlite
