// The JSON protocols (AWS JSON 1.0 and 1.1). Any thread. Times are seconds since 1970, with fractions.
#pragma once

#include <string>
#include <string_view>

#include "aws/service.hpp"
#include "base/result.hpp"

namespace stipend::aws {

// A list of structures of this name, with the members `key` and `value`, is a map: in JSON an object. No AWS shape is
// called so. Of a key that comes twice the last value counts.
inline constexpr std::string_view kMapEntry = "entry";
inline bool is_map(const Value& value) {
  return value.kind == Kind::kList && value.element->kind == Kind::kStructure && value.element->structure->name == kMapEntry;
}

// An empty text is {}. A null is absent. Errors: SerializationException, ValidationException.
base::Status read_json(std::string_view text, const Structure& shape, Protocol protocol, void* object);

void write_json(std::string& out, const Structure& shape, const void* object);
void write_json_error(std::string& out, std::string_view code, std::string_view message);

}  // namespace stipend::aws
