// Typed, bounded reading of a JSON object's fields, for codec.cpp. The first fault is kept and ends the
// message: callers read everything and ask fault() once.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "base/result.hpp"

namespace stipend::hostlink {

class Fields {
 public:
  explicit Fields(const nlohmann::json& object) : object_(object) {}

  std::int64_t integer(const char* name, std::int64_t min, std::int64_t max);
  // Of a field that a peer of an older build does not send.
  std::int64_t integer_or(const char* name, std::int64_t min, std::int64_t max, std::int64_t absent);
  bool boolean(const char* name);
  std::string text(const char* name, std::size_t max_bytes);
  std::string bytes(const char* name, std::size_t max_bytes);  // base64 on the wire
  bool has(const char* name) const { return object_.contains(name); }  // of those that may be left out
  std::string word(const char* name, bool (*grammar)(std::string_view));
  const nlohmann::json* array(const char* name, std::size_t max);

  template <class Id>
  void id(const char* name, Id& out) {
    auto parsed = Id::parse(text(name, 64));
    if (parsed)
      out = *std::move(parsed);
    else
      wrong(name, "is not an id of its kind");
  }
  template <class Id>
  void id_or_none(const char* name, Id& out) {  // an empty text: none
    if (!text(name, 64).empty()) id(name, out);
  }
  template <class T>
  void take(const char* name, base::Result<T> value, T& out) {
    if (value)
      out = *value;
    else
      wrong(name, "is not a known word");
  }

  void wrong(const char* name, std::string_view what);
  base::Status fault() const;

 private:
  const nlohmann::json* find(const char* name);
  const nlohmann::json& object_;
  std::string fault_;
};

std::string to_base64(std::string_view bytes);

}  // namespace stipend::hostlink
