#include <algorithm>
#include <charconv>

#include "aws/form_codec.hpp"
#include "aws/issue.hpp"
#include "aws/scalar.hpp"

namespace stipend::aws {
namespace {

using Fields = std::span<const FormField>;

// A run of fields whose keys agree up to and including one segment.
struct Group {
  Fields fields;
  std::string_view segment;
  std::size_t end;  // of the segment in each key

  std::string_view path() const { return fields.front().key.substr(0, end); }
  bool is_leaf() const { return fields.size() == 1 && fields.front().key.size() == end; }
  std::string_view text() const { return fields.front().value; }
  bool is_empty() const {
    return std::ranges::all_of(fields, [](const FormField& f) { return f.value.empty(); });
  }
};

Group take_group(Fields& rest, std::size_t start) {
  const auto key = rest.front().key;
  const auto end = std::min(key.find('.', start), key.size());
  const auto segment = key.substr(std::min(start, key.size()), end - std::min(start, key.size()));
  std::size_t count = 1;
  while (count < rest.size()) {
    const auto other = rest[count].key;
    if (other.size() < end || other.substr(0, end) != key.substr(0, end)) break;
    if (other.size() > end && other[end] != '.') break;
    ++count;
  }
  const Group group{rest.first(count), segment, end};
  rest = rest.subspan(count);
  return group;
}

class Reader {
 public:
  explicit Reader(Protocol protocol) : protocol_(protocol) {}

  // `start`: where the members' names begin in each key.
  base::Status structure(const Structure& shape, void* object, Fields fields, std::size_t start,
                         int depth) const {
    while (!fields.empty()) {
      const auto group = take_group(fields, start);
      if (depth == 0 && is_envelope(group.segment)) continue;
      const auto* const member = find(shape, group.segment);
      if (member == nullptr) return parameter_issue(protocol_, Issue::kUnknown, group.path());
      TRY(member_value(*member, object, group, depth));
    }
    for (const auto& member : shape.members) TRY(check(member, object));
    return {};
  }

 private:
  static bool is_envelope(std::string_view name) {
    return name == "Action" || name == "Version" || name.starts_with("X-Amz-");
  }

  static const Member* find(const Structure& shape, std::string_view name) {
    const auto found = std::ranges::find(shape.members, name, &Member::form_name);
    return found == shape.members.end() ? nullptr : &*found;
  }

  base::Status member_value(const Member& member, void* object, const Group& group, int depth) const {
    const auto& value = *member.value;
    if (value.kind == Kind::kList) return list(value, emplace(member, object), group, depth);
    if (group.is_empty()) return {};
    return one(value, emplace(member, object), group, depth);
  }

  base::Status one(const Value& value, void* into, const Group& group, int depth) const {
    if (depth >= kDepthMax)
      return parameter_issue(protocol_, Issue::kMalformed, group.path(), "The request is nested too deeply");
    if (value.kind == Kind::kStructure) {
      if (group.fields.front().key.size() == group.end && !group.fields.front().value.empty())
        return parameter_issue(protocol_, Issue::kBadValue, group.path(), "It has members of its own.");
      return structure(*value.structure, into, inner(group), group.end + 1, depth + 1);
    }
    if (value.kind == Kind::kList) return list(value, into, group, depth + 1);
    if (!group.is_leaf()) return parameter_issue(protocol_, Issue::kUnknown, group.fields.back().key);
    if (auto complaint = read_scalar(value, group.text(), into))
      return parameter_issue(protocol_, Issue::kBadValue, group.path(), *complaint);
    if (auto complaint = check_limits(value, into))
      return parameter_issue(protocol_, Issue::kBadValue, group.path(), *complaint);
    return {};
  }

  base::Status list(const Value& value, void* into, const Group& group, int depth) const {
    Fields rest = group.fields;
    std::size_t start = group.end + 1;
    if (group.is_leaf() && group.is_empty()) return {};  // "Tags=": an empty list
    if (!value.form_item.empty()) {
      const auto item = take_group(rest, start);
      if (item.segment != value.form_item || !rest.empty())
        return parameter_issue(protocol_, Issue::kUnknown, group.fields.front().key);
      rest = item.fields;
      start = item.end + 1;
    }
    while (!rest.empty()) {
      const auto item = take_group(rest, start);
      if (!is_index(item.segment))
        return parameter_issue(protocol_, Issue::kUnknown, item.fields.front().key);
      if (item.is_empty() && value.element->kind != Kind::kString && value.element->kind != Kind::kStructure)
        continue;
      TRY(one(*value.element, value.list->append(into), item, depth));
    }
    return {};
  }

  static bool is_index(std::string_view text) {
    std::uint32_t index = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), index);
    return error == std::errc{} && end == text.data() + text.size() && index >= 1 && index <= kListIndexMax &&
           text.front() != '0';
  }

  // The fields below the group's own name ("Ebs=" alone is an empty structure).
  static Fields inner(const Group& group) {
    return group.fields.subspan(group.fields.front().key.size() <= group.end ? 1 : 0);
  }

  base::Status check(const Member& member, const void* object) const {
    const void* const at = present(member, object);
    const bool is_list = member.value->kind == Kind::kList;
    if (at == nullptr || (is_list && member.value->list->size(at) == 0)) {
      return member.required ? parameter_issue(protocol_, Issue::kMissing, member.form_name) : base::Status{};
    }
    if (is_list)
      if (auto complaint = check_limits(*member.value, at))
        return parameter_issue(protocol_, Issue::kBadValue, member.form_name, *complaint);
    return {};
  }

  Protocol protocol_;
};

}  // namespace

base::Status read_form(const Form& form, const Structure& shape, Protocol protocol, void* object) {
  return Reader(protocol).structure(shape, object, form.fields(), 0, 0);
}

}  // namespace stipend::aws
