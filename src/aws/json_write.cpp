#include <utility>

#include "aws/json_codec.hpp"
#include "aws/scalar.hpp"
#include "aws/text.hpp"
#include "base/time.hpp"

namespace stipend::aws {
namespace {

void append_string(std::string& out, std::string_view text) {
  out += '"';
  for (std::size_t i = 0; i < text.size();) {
    const char c = text[i];
    const auto length = utf8_length(text.substr(i));
    if (length == 0) {
      out += "\xEF\xBF\xBD";
      ++i;
      continue;
    }
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      out += "\\u00";
      out += to_hex(text.substr(i, 1));
    } else {
      out.append(text.substr(i, length));
    }
    i += length;
  }
  out += '"';
}

void append_time(std::string& out, base::WallTime time) {
  const bool before = time.ms < 0;
  const auto ms = before ? -time.ms : time.ms;
  if (before) out += '-';
  out += std::to_string(ms / 1000);
  if (ms % 1000 != 0) {
    out += '.';
    const auto digits = std::to_string(ms % 1000);
    out.append(3 - digits.size(), '0').append(digits);
  }
}

void write_value(std::string& out, const Value& value, const void* at);

void write_map(std::string& out, const Value& map, const void* at) {
  const auto& members = map.element->structure->members;
  out += '{';
  const auto size = map.list->size(at);
  for (std::size_t i = 0; i < size; ++i) {
    if (i > 0) out += ',';
    const void* const entry = map.list->at(at, i);
    append_string(out, *static_cast<const std::string*>(present(members[0], entry)));
    out += ':';
    write_value(out, *members[1].value, present(members[1], entry));
  }
  out += '}';
}

void write_value(std::string& out, const Value& value, const void* at) {
  switch (value.kind) {
    case Kind::kString: append_string(out, *static_cast<const std::string*>(at)); return;
    case Kind::kTimestamp: append_time(out, *static_cast<const base::WallTime*>(at)); return;
    case Kind::kStructure: write_json(out, *value.structure, at); return;
    case Kind::kBlob:
      out += '"';
      append_scalar(out, value, at);
      out += '"';
      return;
    case Kind::kList: {
      if (is_map(value)) return write_map(out, value, at);
      out += '[';
      const auto size = value.list->size(at);
      for (std::size_t i = 0; i < size; ++i) {
        if (i > 0) out += ',';
        write_value(out, *value.element, value.list->at(at, i));
      }
      out += ']';
      return;
    }
    case Kind::kBoolean:
    case Kind::kInteger:
    case Kind::kDouble: append_scalar(out, value, at); return;
  }
}

}  // namespace

void write_json(std::string& out, const Structure& shape, const void* object) {
  out += '{';
  bool first = true;
  for (const auto& member : shape.members) {
    const void* const at = present(member, object);
    if (at == nullptr) continue;
    const bool optional_list = member.value->kind == Kind::kList && !member.always && !member.required;
    if (optional_list && member.value->list->size(at) == 0) continue;
    if (!std::exchange(first, false)) out += ',';
    append_string(out, member.json_name);
    out += ':';
    write_value(out, *member.value, at);
  }
  out += '}';
}

void write_json_error(std::string& out, std::string_view code, std::string_view message) {
  out += "{\"__type\":";
  append_string(out, code);
  out += ",\"message\":";
  append_string(out, message);
  out += '}';
}

}  // namespace stipend::aws
