#include "aws/shape.hpp"

#include <optional>
#include <string>

#include "base/check.hpp"
#include "base/time.hpp"

namespace stipend::aws {
namespace {

template <class T>
const void* get(const void* optional) {
  const auto& o = *static_cast<const std::optional<T>*>(optional);
  return o ? &*o : nullptr;
}

template <class T>
void* make(void* optional) {
  auto& o = *static_cast<std::optional<T>*>(optional);
  return o ? &*o : &o.emplace();
}

}  // namespace

const void* present(const Member& member, const void* object) {
  const void* at = static_cast<const std::byte*>(object) + member.offset;
  switch (member.value->kind) {
    case Kind::kString:
    case Kind::kBlob: return get<std::string>(at);
    case Kind::kBoolean: return get<bool>(at);
    case Kind::kInteger: return get<std::int64_t>(at);
    case Kind::kDouble: return get<double>(at);
    case Kind::kTimestamp: return get<base::WallTime>(at);
    case Kind::kStructure: return member.value->structure->optional->get(at);
    case Kind::kList: return at;
  }
  CHECK(false, "a kind is one of the enumerators");
}

void* emplace(const Member& member, void* object) {
  void* at = static_cast<std::byte*>(object) + member.offset;
  switch (member.value->kind) {
    case Kind::kString:
    case Kind::kBlob: return make<std::string>(at);
    case Kind::kBoolean: return make<bool>(at);
    case Kind::kInteger: return make<std::int64_t>(at);
    case Kind::kDouble: return make<double>(at);
    case Kind::kTimestamp: return make<base::WallTime>(at);
    case Kind::kStructure: return member.value->structure->optional->emplace(at);
    case Kind::kList: return at;
  }
  CHECK(false, "a kind is one of the enumerators");
}

const std::string* written_of(const Structure& shape, const void* object) {
  if (shape.written == kNeverWritten) return nullptr;
  return reinterpret_cast<const Written*>(static_cast<const std::byte*>(object) + shape.written)->get();
}

}  // namespace stipend::aws
