// Rows and their nested values as JSON, by their Fields: numbers for ids of enums, money and times, text for
// ids. Reading ignores names it does not know and leaves absent ones at their default, so that a nested value
// can gain a member without a migration.
#pragma once

#include <optional>
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

template <class T>
Json to_json(const T& value) {
  if constexpr (is_id<T>) {
    return value.str();
  } else if constexpr (IsNumber<T>) {
    return number_of(const_cast<T&>(value));
  } else if constexpr (std::is_enum_v<T>) {
    return static_cast<int>(value);
  } else if constexpr (is_optional<T>) {
    return value ? to_json(*value) : Json(nullptr);
  } else if constexpr (is_vector<T>) {
    Json out = Json::array();
    for (const auto& item : value) out.push_back(to_json(item));
    return out;
  } else if constexpr (HasFields<T>) {
    Json out = Json::object();
    Fields<T>::each(
        value, [&](std::string_view name, const auto& member) { out[std::string(name)] = to_json(member); });
    return out;
  } else {
    return Json(value);
  }
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
