// The JSON protocols (AWS JSON 1.0 and 1.1). Any thread. Times are seconds since 1970, with fractions.
#pragma once

#include <string>
#include <string_view>

#include "aws/service.hpp"
#include "base/result.hpp"

namespace stipend::aws {

// An empty text is {}. A null is absent. Errors: SerializationException, ValidationException.
base::Status read_json(std::string_view text, const Structure& shape, Protocol protocol, void* object);

void write_json(std::string& out, const Structure& shape, const void* object);
void write_json_error(std::string& out, std::string_view code, std::string_view message);

}  // namespace stipend::aws
