// One scalar between its C++ value and its text in forms and XML, and the model's limits on it.
// `value` points to the plain T that aws/shape.hpp names for the kind. Any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "aws/shape.hpp"

namespace stipend::aws {

// Nothing: done. Else a sentence that says what would be right.
using Complaint = std::optional<std::string>;

Complaint read_scalar(const Value& value, std::string_view text, void* into);
void append_scalar(std::string& out, const Value& value, const void* from);

// Limits, enumeration and characters. Of lists: the number of elements.
Complaint check_limits(const Value& value, const void* from);

}  // namespace stipend::aws
