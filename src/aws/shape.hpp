// Descriptors of AWS shapes: what the codecs know of a C++ struct. tools/generate_shapes.py writes the
// tables from models/*.json; nobody else builds these. All of it is constant data, safe from any thread.
//
// A structure's members lie in the C++ struct as std::optional<T> (scalars, structures) or std::vector<T>
// (lists); a list's elements as plain T. T by kind: kString, kBlob std::string (a blob's raw bytes);
// kBoolean bool; kInteger std::int64_t; kDouble double; kTimestamp base::WallTime; kStructure the struct.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace stipend::aws {

enum class Kind : std::uint8_t {
  kString,
  kBlob,
  kBoolean,
  kInteger,
  kDouble,
  kTimestamp,
  kStructure,
  kList,
};

struct Structure;

// How to reach a std::vector<T> without knowing T.
struct ListAccess {
  std::size_t (*size)(const void* list);
  const void* (*at)(const void* list, std::size_t index);
  void* (*append)(void* list);  // a new default element
};

// How to reach a std::optional<struct> without knowing the struct.
struct OptionalAccess {
  const void* (*get)(const void* optional);  // null when absent
  void* (*emplace)(void* optional);
};

// An XML element's tags, ready to append: "<item>" and "</item>".
struct Tag {
  std::string_view open, close;
  std::string_view name() const { return open.empty() ? open : open.substr(1, open.size() - 2); }
};

// What one value may be: a member's or a list element's.
struct Value {
  Kind kind = Kind::kString;
  std::int64_t min = std::numeric_limits<std::int64_t>::min();  // of a number, of a text's length in
  std::int64_t max = std::numeric_limits<std::int64_t>::max();  // characters, of a list's or blob's size
  std::span<const std::string_view> enumeration = {};           // empty: any text
  const Structure* structure = nullptr;                         // kStructure
  const ListAccess* list = nullptr;                             // kList
  const Value* element = nullptr;                               // kList
  std::string_view form_item = {};  // the segment between a list's name and its index; ec2: none
  Tag xml_item = {};                // element of a list in XML; empty open: flattened, the member's own tag
};

struct Member {
  std::string_view name;       // AWS's: "InstanceIds", as errors of JSON services name it
  std::string_view form_name;  // in a form request: "InstanceId"
  std::string_view json_name;
  Tag xml;  // in an XML answer: "<instanceId>"
  const Value* value;
  std::uint32_t offset;  // in the C++ struct
  bool required;
  bool always;  // an empty list is written as an empty element or array
};

// A structure's content as XML, made before and shared between answers. Null: the members are written.
using Written = std::shared_ptr<const std::string>;
inline constexpr std::size_t kNeverWritten = std::numeric_limits<std::size_t>::max();

struct Structure {
  std::string_view name;
  std::span<const Member> members;
  const OptionalAccess* optional;
  std::size_t written = kNeverWritten;  // offset of a Written in the C++ struct
};

// The structure's Written, or null.
const std::string* written_of(const Structure& shape, const void* object);

// The value inside a member of `object`, or null when it is absent. A list is never absent.
const void* present(const Member& member, const void* object);
// Makes the member present and returns its value, default when it was absent.
void* emplace(const Member& member, void* object);

}  // namespace stipend::aws
