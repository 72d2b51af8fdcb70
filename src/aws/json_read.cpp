#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "aws/form_codec.hpp"
#include "aws/issue.hpp"
#include "aws/json_codec.hpp"
#include "aws/scalar.hpp"
#include "base/check.hpp"
#include "base/time.hpp"

namespace stipend::aws {
namespace {

using nlohmann::json;

constexpr double kSecondsMax = 253'402'300'799;  // the end of the year 9999
constexpr double kExactIntegerMax = 9'007'199'254'740'992;

// The parser keeps what it has built, so depth is looked at before it starts.
bool is_too_deep(std::string_view text) {
  int depth = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string) {
      if (c == '\\') ++i;
      if (c == '"') in_string = false;
    } else if (c == '"') {
      in_string = true;
    } else if (c == '{' || c == '[') {
      if (++depth > 2 * kDepthMax) return true;
    } else if (c == '}' || c == ']') {
      --depth;
    }
  }
  return false;
}

Complaint read_text(const Value& value, const json& from, void* into) {
  if (!from.is_string()) return "Expected a string.";
  return read_scalar(value, from.get_ref<const std::string&>(), into);
}

Complaint read_integer(const json& from, std::int64_t& into) {
  if (from.is_number_unsigned() && from.get<std::uint64_t>() > std::uint64_t{INT64_MAX})
    return "It is too large.";
  if (from.is_number_integer()) {
    into = from.get<std::int64_t>();
    return std::nullopt;
  }
  const double number = from.is_number() ? from.get<double>() : 0.5;
  if (number != std::trunc(number) || std::abs(number) > kExactIntegerMax) return "Expected an integer.";
  into = static_cast<std::int64_t>(number);
  return std::nullopt;
}

Complaint read_time(const Value& value, const json& from, base::WallTime& into) {
  if (from.is_string()) return read_text(value, from, &into);
  const double seconds = from.is_number() ? from.get<double>() : std::nan("");
  if (!(std::abs(seconds) <= kSecondsMax)) return "Expected a time in seconds since 1970.";
  into.ms = std::llround(seconds * 1000);
  return std::nullopt;
}

Complaint read_leaf(const Value& value, const json& from, void* into) {
  switch (value.kind) {
    case Kind::kString:
    case Kind::kBlob: return read_text(value, from, into);
    case Kind::kBoolean:
      if (!from.is_boolean()) return "Expected true or false.";
      *static_cast<bool*>(into) = from.get<bool>();
      return std::nullopt;
    case Kind::kInteger: return read_integer(from, *static_cast<std::int64_t*>(into));
    case Kind::kDouble:
      if (!from.is_number()) return "Expected a number.";
      *static_cast<double*>(into) = from.get<double>();
      return std::nullopt;
    case Kind::kTimestamp: return read_time(value, from, *static_cast<base::WallTime*>(into));
    case Kind::kStructure:
    case Kind::kList: break;
  }
  CHECK(false, "only scalars are leaves");
}

class Reader {
 public:
  explicit Reader(Protocol protocol) : protocol_(protocol) {}

  base::Status structure(const Structure& shape, const json& from, void* object,
                         const std::string& path) const {
    if (!from.is_object()) return bad(path, "Expected an object.");
    for (const auto& [key, element] : from.items()) {
      const auto name = path.empty() ? key : path + "." + key;
      const auto member = std::ranges::find(shape.members, key, &Member::json_name);
      if (member == shape.members.end()) return parameter_issue(protocol_, Issue::kUnknown, name);
      if (!element.is_null()) TRY(value(*member->value, element, emplace(*member, object), name));
    }
    for (const auto& member : shape.members)
      if (const auto at = from.find(member.json_name); member.required && (at == from.end() || at->is_null()))
        return parameter_issue(protocol_, Issue::kMissing,
                               (path.empty() ? "" : path + ".") + std::string(member.name));
    return {};
  }

 private:
  std::unexpected<base::Error> bad(const std::string& path, const std::string& complaint) const {
    return parameter_issue(protocol_, Issue::kBadValue, path.empty() ? "the body" : path, complaint);
  }

  base::Status value(const Value& value, const json& from, void* into, const std::string& path) const {
    if (value.kind == Kind::kStructure) return structure(*value.structure, from, into, path);
    if (value.kind == Kind::kList) {
      TRY(list(value, from, into, path));
    } else if (auto complaint = read_leaf(value, from, into)) {
      return bad(path, *complaint);
    }
    if (auto complaint = check_limits(value, into)) return bad(path, *complaint);
    return {};
  }

  base::Status map(const Value& map, const json& from, void* into, const std::string& path) const {
    if (!from.is_object()) return bad(path, "Expected an object.");
    if (from.size() > kListIndexMax) return bad(path, "It has too many elements.");
    const auto& key_member = map.element->structure->members[0];
    const auto& value_member = map.element->structure->members[1];
    for (const auto& [key, element] : from.items()) {
      const auto name = path + "." + key;
      if (element.is_null()) return bad(name, "A map holds no null.");
      void* const entry = map.list->append(into);
      TRY(value(*key_member.value, json(key), emplace(key_member, entry), name));
      TRY(value(*value_member.value, element, emplace(value_member, entry), name));
    }
    return {};
  }

  base::Status list(const Value& list, const json& from, void* into, const std::string& path) const {
    if (is_map(list)) return map(list, from, into, path);
    if (!from.is_array()) return bad(path, "Expected a list.");
    if (from.size() > kListIndexMax) return bad(path, "It has too many elements.");
    for (const auto& element : from) {
      if (element.is_null()) return bad(path, "A list holds no null.");
      TRY(value(*list.element, element, list.list->append(into),
                path + "[" + std::to_string(list.list->size(into) - 1) + "]"));
    }
    return {};
  }

  Protocol protocol_;
};

}  // namespace

base::Status read_json(std::string_view text, const Structure& shape, Protocol protocol, void* object) {
  if (is_too_deep(text))
    return parameter_issue(protocol, Issue::kMalformed, "", "The body is nested too deeply.");
  const auto parsed = text.empty() ? json::object() : json::parse(text, nullptr, false);
  if (parsed.is_discarded())
    return parameter_issue(protocol, Issue::kMalformed, "", "The body is not valid JSON.");
  return Reader(protocol).structure(shape, parsed, object, {});
}

}  // namespace stipend::aws
