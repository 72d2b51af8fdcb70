#include "aws/scalar.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "aws/text.hpp"
#include "base/check.hpp"
#include "base/time.hpp"

namespace stipend::aws {
namespace {

template <class T>
bool read_number(std::string_view text, T& into) {
  const char* const end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), end, into);
  return error == std::errc{} && at == end;
}

bool read_boolean(std::string_view text, bool& into) {
  into = text == "true" || text == "True" || text == "1";
  return into || text == "false" || text == "False" || text == "0";
}

template <class T>
T& as(void* p) {
  return *static_cast<T*>(p);
}
template <class T>
const T& as(const void* p) {
  return *static_cast<const T*>(p);
}

std::string one_of(std::span<const std::string_view> words) {
  constexpr std::size_t kShown = 30;
  return fmt::format("Expected one of: {}{}", fmt::join(words.first(std::min(words.size(), kShown)), ", "),
                     words.size() > kShown ? ", …" : ".");
}

Complaint in_range(const Value& v, std::int64_t n, std::string_view what) {
  if (n < v.min) return fmt::format("{} must be at least {}.", what, v.min);
  if (n > v.max) return fmt::format("{} must be at most {}.", what, v.max);
  return std::nullopt;
}

}  // namespace

Complaint read_scalar(const Value& v, std::string_view text, void* into) {
  switch (v.kind) {
    case Kind::kString: as<std::string>(into) = text; return std::nullopt;
    case Kind::kBlob: {
      auto bytes = from_base64(text);
      if (!bytes) return "Expected base64.";
      as<std::string>(into) = *std::move(bytes);
      return std::nullopt;
    }
    case Kind::kBoolean:
      if (!read_boolean(text, as<bool>(into))) return "Expected true or false.";
      return std::nullopt;
    case Kind::kInteger:
      if (!read_number(text, as<std::int64_t>(into))) return "Expected an integer.";
      return std::nullopt;
    case Kind::kDouble:
      if (!read_number(text, as<double>(into)) || !std::isfinite(as<double>(into)))
        return "Expected a number.";
      return std::nullopt;
    case Kind::kTimestamp: {
      const auto time = base::parse_iso8601(text);
      if (!time) return "Expected a time such as 2026-01-02T03:04:05Z.";
      as<base::WallTime>(into) = *time;
      return std::nullopt;
    }
    case Kind::kStructure:
    case Kind::kList: break;
  }
  CHECK(false, "only scalars have a text");
}

void append_scalar(std::string& out, const Value& v, const void* from) {
  switch (v.kind) {
    case Kind::kString: out += as<std::string>(from); return;
    case Kind::kBlob: out += to_base64(as<std::string>(from)); return;
    case Kind::kBoolean: out += as<bool>(from) ? "true" : "false"; return;
    case Kind::kInteger: {
      std::array<char, 24> text{};
      out.append(text.data(), std::to_chars(text.begin(), text.end(), as<std::int64_t>(from)).ptr);
      return;
    }
    case Kind::kDouble: append_double(out, as<double>(from)); return;
    case Kind::kTimestamp: out += base::to_iso8601(as<base::WallTime>(from)); return;
    case Kind::kStructure:
    case Kind::kList: break;
  }
  CHECK(false, "only scalars have a text");
}

Complaint check_limits(const Value& v, const void* from) {
  switch (v.kind) {
    case Kind::kString: {
      const auto& text = as<std::string>(from);
      if (!is_plain_text(text)) return "It holds characters that are not valid text.";
      if (!v.enumeration.empty() && std::ranges::find(v.enumeration, text) == v.enumeration.end())
        return one_of(v.enumeration);
      return in_range(v, static_cast<std::int64_t>(count_characters(text)), "Its length");
    }
    case Kind::kBlob:
      return in_range(v, static_cast<std::int64_t>(as<std::string>(from).size()), "Its size in bytes");
    case Kind::kInteger: return in_range(v, as<std::int64_t>(from), "It");
    case Kind::kList:
      return in_range(v, static_cast<std::int64_t>(v.list->size(from)), "The number of elements");
    case Kind::kDouble: {
      const double n = as<double>(from);
      const bool unlimited_below = v.min == std::numeric_limits<std::int64_t>::min();
      const bool unlimited_above = v.max == std::numeric_limits<std::int64_t>::max();
      if (!unlimited_below && n < static_cast<double>(v.min))
        return fmt::format("It must be at least {}.", v.min);
      if (!unlimited_above && n > static_cast<double>(v.max))
        return fmt::format("It must be at most {}.", v.max);
      return std::nullopt;
    }
    case Kind::kBoolean:
    case Kind::kTimestamp:
    case Kind::kStructure: return std::nullopt;
  }
  CHECK(false, "a kind is one of the enumerators");
}

}  // namespace stipend::aws
