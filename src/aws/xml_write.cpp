// The answer to DescribeInstances of a class is some hundred kilobytes of small elements, written on each
// refresh of each page: this file is written for speed, with tags made ahead by the generator.
#include <algorithm>
#include <charconv>
#include <cstring>

#include "aws/out.hpp"
#include "aws/scalar.hpp"
#include "aws/text.hpp"
#include "aws/xml_codec.hpp"
#include "base/time.hpp"

namespace stipend::aws {
namespace {

constexpr std::size_t kRoom = 2048;  // where an answer starts, and what it adds for each element of its lists
constexpr std::size_t kRoomOfElement = 1536;
constexpr std::size_t kRoomMax = 1 << 20;
constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

std::string_view escaped(char c) {
  switch (c) {
    case '&': return "&amp;";
    case '<': return "&lt;";
    case '>': return "&gt;";
    case '"': return "&quot;";
    case '\r': return "&#13;";  // a reader would turn a bare one into a line feed
    case '\t': return "\t";
    case '\n': return "\n";
    default: return kReplacement;
  }
}

bool is_plain(char c) {
  return static_cast<signed char>(c) >= 0x20 && c != '&' && c != '<' && c != '>' && c != '"';  // ASCII alone
}

// Whether one of eight bytes is not plain: a control character, above ASCII, or one of & < > ".
bool any_special(std::uint64_t v) {
  constexpr std::uint64_t kOnes = 0x0101010101010101U;
  constexpr std::uint64_t kHigh = 0x8080808080808080U;
  const auto zero = [](std::uint64_t x) { return (x - kOnes) & ~x & kHigh; };
  const auto equals = [&](char c) { return zero(v ^ (kOnes * static_cast<unsigned char>(c))); };
  const auto control = (v - kOnes * 0x20U) & ~v & kHigh;
  return ((v & kHigh) | control | equals('&') | equals('<') | equals('>') | equals('"')) != 0;
}

std::size_t plain_prefix(std::string_view text) {
  std::size_t i = 0;
  for (; i + 8 <= text.size(); i += 8) {
    std::uint64_t v = 0;
    std::memcpy(&v, text.data() + i, 8);
    if (any_special(v)) break;
  }
  while (i < text.size() && is_plain(text[i])) ++i;
  return i;
}

void write_text(Out& out, std::string_view text) {
  while (true) {
    const auto plain = plain_prefix(text);
    out.append(text.substr(0, plain));
    text.remove_prefix(plain);
    if (text.empty()) return;
    const auto length = static_cast<signed char>(text.front()) < 0 ? utf8_length(text) : 0;
    out.append(length > 0 ? text.substr(0, length) : escaped(text.front()));
    text.remove_prefix(std::max<std::size_t>(length, 1));
  }
}

void write_number(Out& out, std::int64_t number) {
  char* const at = out.room_for(24);
  out.advance(static_cast<std::size_t>(std::to_chars(at, at + 24, number).ptr - at));
}

void write_structure(Out& out, const Structure& shape, const void* object);
void write_items(Out& out, const Value& list, const Tag& item, const void* at);

void write_content(Out& out, const Value& value, const void* at) {
  switch (value.kind) {
    case Kind::kString: return write_text(out, *static_cast<const std::string*>(at));
    case Kind::kStructure: return write_structure(out, *value.structure, at);
    case Kind::kList: return write_items(out, value, value.xml_item, at);
    case Kind::kInteger: return write_number(out, *static_cast<const std::int64_t*>(at));
    case Kind::kBoolean: return out.append(*static_cast<const bool*>(at) ? "true" : "false");
    case Kind::kTimestamp:
      write_iso8601(*static_cast<const base::WallTime*>(at), out.room_for(kIso8601Bytes));
      return out.advance(kIso8601Bytes);
    case Kind::kBlob:
    case Kind::kDouble: {
      std::string text;
      append_scalar(text, value, at);
      return out.append(text);
    }
  }
}

void write_element(Out& out, const Value& value, const Tag& tag, const void* at) {
  out.append(tag.open);
  write_content(out, value, at);
  out.append(tag.close);
}

void write_items(Out& out, const Value& list, const Tag& item, const void* at) {
  const auto size = list.list->size(at);
  for (std::size_t i = 0; i < size; ++i) write_element(out, *list.element, item, list.list->at(at, i));
}

void write_list(Out& out, const Member& member, const void* at) {
  const auto& value = *member.value;
  if (value.list->size(at) == 0 && !member.always) return;
  if (value.xml_item.open.empty()) return write_items(out, value, member.xml, at);  // flattened
  write_element(out, value, member.xml, at);
}

void write_structure(Out& out, const Structure& shape, const void* object) {
  if (const auto* written = written_of(shape, object)) return out.append(*written);
  for (const auto& member : shape.members) {
    const void* const at = present(member, object);
    if (at == nullptr) continue;
    if (member.value->kind == Kind::kList)
      write_list(out, member, at);
    else
      write_element(out, *member.value, member.xml, at);
  }
}

// A guess that growing by doubling (and copying) seldom follows: also the lists inside a list's elements count, since
// one reservation may hold a class's hundred instances.
std::size_t room_of_lists(const Structure& shape, const void* object, int depth) {
  std::size_t room = 0;
  for (const auto& member : shape.members) {
    if (member.value->kind != Kind::kList) continue;
    const void* const list = present(member, object);
    const auto& access = *member.value->list;
    const auto size = access.size(list);
    const auto& element = *member.value->element;
    const std::string* const sample =
        size > 0 && element.kind == Kind::kStructure ? written_of(*element.structure, access.at(list, 0)) : nullptr;
    room += size * std::max(kRoomOfElement, sample ? sample->size() + sample->size() / 8 : 0);
    if (depth > 0 && element.kind == Kind::kStructure && !sample)
      for (std::size_t i = 0; i < size; ++i) room += room_of_lists(*element.structure, access.at(list, i), depth - 1);
  }
  return room;
}

std::size_t room_for(const Structure& shape, const void* object) {
  return std::min(kRoom + room_of_lists(shape, object, 2), kRoomMax);
}

}  // namespace

void append_xml_escaped(std::string& out, std::string_view text) {
  Out writer(out, text.size());
  write_text(writer, text);
}

void write_xml(std::string& out, const Structure& shape, const void* object) {
  Out writer(out, room_for(shape, object));
  write_structure(writer, shape, object);
}

Written write_ahead(const Structure& shape, const void* object) {
  std::string text;
  write_xml(text, shape, object);
  text.shrink_to_fit();
  return std::make_shared<const std::string>(std::move(text));
}

}  // namespace stipend::aws
