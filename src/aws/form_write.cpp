#include "aws/form_codec.hpp"
#include "aws/scalar.hpp"

namespace stipend::aws {
namespace {

void write_value(std::string& out, const Value& value, const std::string& name, const void* at);

void write_members(std::string& out, const Structure& shape, const std::string& prefix, const void* object) {
  for (const auto& member : shape.members)
    if (const void* const at = present(member, object))
      write_value(out, *member.value, prefix + std::string(member.form_name), at);
}

void write_list(std::string& out, const Value& value, std::string name, const void* at) {
  if (!value.form_item.empty()) name.append(".").append(value.form_item);
  const auto size = value.list->size(at);
  for (std::size_t i = 0; i < size; ++i)
    write_value(out, *value.element, name + "." + std::to_string(i + 1), value.list->at(at, i));
}

void write_value(std::string& out, const Value& value, const std::string& name, const void* at) {
  if (value.kind == Kind::kStructure) return write_members(out, *value.structure, name + ".", at);
  if (value.kind == Kind::kList) return write_list(out, value, name, at);
  std::string text;
  append_scalar(text, value, at);
  out += '&';
  append_percent_encoded(out, name);
  out += '=';
  append_percent_encoded(out, text);
}

}  // namespace

void write_form(std::string& out, const Structure& shape, const void* object) {
  write_members(out, shape, {}, object);
}

}  // namespace stipend::aws
