// The form protocols (ec2, query): a decoded form to a structure and back. Any thread.
#pragma once

#include <string>

#include "aws/form.hpp"
#include "aws/service.hpp"
#include "base/result.hpp"

namespace stipend::aws {

inline constexpr int kDepthMax = 16;
inline constexpr std::uint32_t kListIndexMax = 10'000;

// Action, Version and X-Amz-* are skipped; every other field must be a parameter of `shape`.
// An empty scalar is absent, except as an element of a list of texts (an empty filter value is a value).
base::Status read_form(const Form& form, const Structure& shape, Protocol protocol, void* object);

// Client side: appends "&Name=value" for each member that is present.
void write_form(std::string& out, const Structure& shape, const void* object);

}  // namespace stipend::aws
