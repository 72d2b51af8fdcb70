#include <algorithm>
#include <pugixml.hpp>

#include "aws/scalar.hpp"
#include "aws/xml_codec.hpp"

namespace stipend::aws {
namespace {

using Complained = std::optional<std::string>;

Complained read_structure(pugi::xml_node node, const Structure& shape, void* object);

Complained read_value(pugi::xml_node node, const Value& value, void* into) {
  if (value.kind == Kind::kStructure) return read_structure(node, *value.structure, into);
  if (value.kind == Kind::kList) {
    for (const auto item : node.children())
      if (item.type() != pugi::node_element)
        continue;  // white space between elements
      else if (auto complaint = read_value(item, *value.element, value.list->append(into)))
        return complaint;
    return std::nullopt;
  }
  if (auto complaint = read_scalar(value, node.text().get(), into)) return node.name() + (": " + *complaint);
  return std::nullopt;
}

Complained read_structure(pugi::xml_node node, const Structure& shape, void* object) {
  for (const auto element : node.children()) {
    const auto member = std::ranges::find(shape.members, std::string_view(element.name()),
                                          [](const Member& m) { return m.xml.name(); });
    if (member == shape.members.end()) continue;  // newer than our model
    const auto& value = *member->value;
    void* const into = emplace(*member, object);
    const bool flat = value.kind == Kind::kList && value.xml_item.open.empty();
    auto complaint = flat ? read_value(element, *value.element, value.list->append(into))
                          : read_value(element, value, into);
    if (complaint) return complaint;
  }
  return std::nullopt;
}

}  // namespace

base::Status read_xml(pugi::xml_node node, const Structure& shape, void* object) {
  if (auto complaint = read_structure(node, shape, object))
    return base::fail(base::Fault::kUnavailable, "MalformedAnswer",
                      "The service's answer cannot be read: " + *complaint);
  return {};
}

}  // namespace stipend::aws
