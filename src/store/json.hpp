// Rows and their nested values as JSON, by their Fields: numbers for ids of enums, money and times, text for
// ids. Reading ignores names it does not know and leaves absent ones at their default, so that a nested value
// can gain a member without a migration.
#pragma once

#include <charconv>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include <nlohmann/json.hpp>

#include "store/fields.hpp"

namespace stipend::store {

using Json = nlohmann::json;

template <class T>
concept HasFields = requires { Fields<T>::kNames; };
template <class T>
inline constexpr bool is_id = false;
template <class Tag>
inline constexpr bool is_id<base::Id<Tag>> = true;
template <class T>
inline constexpr bool is_optional = false;
template <class T>
inline constexpr bool is_optional<std::optional<T>> = true;
template <class T>
inline constexpr bool is_vector = false;
template <class T>
inline constexpr bool is_vector<std::vector<T>> = true;

// The one integer inside Money, Price, RunSeconds and WallTime.
inline std::int64_t& number_of(base::Money& v) {
  return v.nano;
}
inline std::int64_t& number_of(base::Price& v) {
  return v.nano_per_hour;
}
inline std::int64_t& number_of(base::RunSeconds& v) {
  return v.count;
}
inline std::int64_t& number_of(base::WallTime& v) {
  return v.ms;
}
template <class T>
concept IsNumber = requires(T& v) { number_of(v); };

// An id of the store's own making; "" is the empty id. A value that is none throws (a damaged row).
template <class IdType>
IdType id_from(std::string_view text) {
  if (text.empty()) return {};
  return IdType::parse(text).value();
}

// As JSON takes it; what is not UTF-8 is replaced.
void append_quoted(std::string& out, std::string_view text);

template <class T>
void append_json(std::string& out, const T& value) {
  const auto list = [&](const auto& items, char open, char close, auto append) {
    out += open;
    for (const auto& item : items) {
      append(item);
      out += ',';
    }
    if (out.back() == ',') out.back() = close;
    else out += close;
  };
  if constexpr (is_id<T>) {
    append_quoted(out, value.view());
  } else if constexpr (std::is_same_v<T, std::string>) {
    append_quoted(out, value);
  } else if constexpr (std::is_same_v<T, bool>) {
    out += value ? "true" : "false";
  } else if constexpr (IsNumber<T>) {
    append_json(out, number_of(const_cast<T&>(value)));
  } else if constexpr (std::is_enum_v<T>) {
    append_json(out, static_cast<int>(value));
  } else if constexpr (std::is_integral_v<T>) {
    char digits[24];
    out.append(digits, std::to_chars(digits, digits + sizeof digits, value).ptr);
  } else if constexpr (is_optional<T>) {
    if (value) append_json(out, *value);
    else out += "null";
  } else if constexpr (is_vector<T>) {
    list(value, '[', ']', [&](const auto& item) { append_json(out, item); });
  } else if constexpr (HasFields<T>) {
    char before = '{';
    Fields<T>::each(value, [&](std::string_view name, const auto& member) {
      out += before;
      out += '"';
      out += name;
      out += "\":";
      append_json(out, member);
      before = ',';
    });
    out += '}';
  } else {
    list(value, '{', '}', [&](const auto& pair) {
      append_quoted(out, pair.first);
      out += ':';
      append_json(out, pair.second);
    });
  }
}

// Members in the order of their Fields: the same row is the same text.
template <class T>
std::string json_text(const T& value) {
  std::string out;
  append_json(out, value);
  return out;
}

template <class T>
void from_json(const Json& json, T& value) {
  if constexpr (is_id<T>) {
    value = id_from<T>(json.get_ref<const std::string&>());
  } else if constexpr (IsNumber<T>) {
    number_of(value) = json.get<std::int64_t>();
  } else if constexpr (std::is_enum_v<T>) {
    value = static_cast<T>(json.get<int>());
  } else if constexpr (is_optional<T>) {
    if (json.is_null())
      value.reset();
    else
      from_json(json, value.emplace());
  } else if constexpr (is_vector<T>) {
    value.clear();
    for (const auto& item : json) from_json(item, value.emplace_back());
  } else if constexpr (HasFields<T>) {
    Fields<T>::each(value, [&](std::string_view name, auto& member) {
      if (const auto at = json.find(name); at != json.end()) from_json(*at, member);
    });
  } else {
    value = json.get<T>();
  }
}

}  // namespace stipend::store
