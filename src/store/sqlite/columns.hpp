// Rows to and from SQLite statements, by their Fields: numbers, times and enums are INTEGER, absent ones
// NULL, text and ids TEXT, raw bytes BLOB, nested values JSON text.
#pragma once

#include "store/json.hpp"
#include "store/sqlite/database.hpp"

namespace stipend::store::sqlite {

template <class T>
concept IsInteger = std::is_integral_v<T> || std::is_enum_v<T> || IsNumber<T>;

// Members that are bytes, not text.
constexpr bool is_bytes(std::string_view name) {
  return name == "user_data" || name == "sealed_secret";
}

template <class T>
std::int64_t as_integer(const T& value) {
  if constexpr (IsNumber<T>)
    return number_of(const_cast<T&>(value));
  else
    return static_cast<std::int64_t>(value);
}
template <class T>
T from_integer(std::int64_t number) {
  if constexpr (IsNumber<T>) {
    T value;
    number_of(value) = number;
    return value;
  } else {
    return static_cast<T>(number);
  }
}

template <class T>
concept IsPlainOptional = is_optional<T> && IsInteger<typename T::value_type>;
template <class T>
concept IsNestedOptional = is_optional<T> && !IsPlainOptional<T>;

// Binds a row's members from `first` on. `scratch` keeps JSON texts alive until the step.
template <class Row>
int bind_row(Statement& statement, int first, const Row& row, std::vector<std::string>& scratch) {
  int at = first;
  scratch.clear();
  scratch.reserve(4);
  Fields<Row>::each(row, [&]<class T>(std::string_view name, const T& member) {
    if constexpr (IsInteger<T>) {
      statement.bind(at++, as_integer(member));
    } else if constexpr (is_id<T>) {
      statement.bind_text(at++, member.view());
    } else if constexpr (std::is_same_v<T, std::string>) {
      if (is_bytes(name))
        statement.bind_bytes(at++, member);
      else
        statement.bind_text(at++, member);
    } else if constexpr (IsPlainOptional<T>) {
      if (member)
        statement.bind(at++, as_integer(*member));
      else
        statement.bind_null(at++);
    } else {
      if constexpr (IsNestedOptional<T>) {
        if (!member) return statement.bind_null(at++);
      }
      scratch.push_back(json_text(member));
      statement.bind_text(at++, scratch.back());
    }
  });
  return at;
}

// Throws on a damaged value.
template <class Row>
Row read_row(const Statement& statement) {
  Row row;
  int at = 0;
  Fields<Row>::each(row, [&]<class T>(std::string_view, T& member) {
    if constexpr (IsInteger<T>) {
      member = from_integer<T>(statement.integer(at));
    } else if constexpr (is_id<T>) {
      member = id_from<T>(statement.text(at));
    } else if constexpr (std::is_same_v<T, std::string>) {
      member = statement.text(at);
    } else if constexpr (IsPlainOptional<T>) {
      if (!statement.is_null(at)) member = from_integer<typename T::value_type>(statement.integer(at));
    } else {
      if (!statement.is_null(at)) from_json(Json::parse(statement.text(at)), member);
    }
    ++at;
  });
  return row;
}

// "id", "account", …: quoted, in the order of bind_row and read_row.
template <class Row>
std::vector<std::string> column_names() {
  std::vector<std::string> names;
  Row row;
  Fields<Row>::each(row,
                    [&](std::string_view name, auto&) { names.push_back('"' + std::string(name) + '"'); });
  return names;
}

}  // namespace stipend::store::sqlite
