// Structures in XML answers (ec2 and query protocols). Any thread.
#pragma once

#include <string>
#include <string_view>

#include "aws/shape.hpp"
#include "base/result.hpp"

namespace pugi {
class xml_node;
}

namespace stipend::aws {

// Appends the members, without an element around them. Absent members leave no trace.
void write_xml(std::string& out, const Structure& shape, const void* object);

// The same as a part that later answers share.
Written write_ahead(const Structure& shape, const void* object);

// Client side: the members are `node`'s children. What the model does not know is skipped.
base::Status read_xml(pugi::xml_node node, const Structure& shape, void* object);

// Text with & < > " escaped; characters that XML cannot carry become U+FFFD.
void append_xml_escaped(std::string& out, std::string_view text);

}  // namespace stipend::aws
