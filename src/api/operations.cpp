#include <algorithm>
#include <array>

#include "api/operation.hpp"

namespace stipend::api {

// Here alone, so that one operation more compiles no other again.
#define STIPEND_OPERATION(service, name) extern const Entry k##service##name;
#include "api/operations.list"
#undef STIPEND_OPERATION

namespace {
constinit const Entry* const kEntries[] = {
#define STIPEND_OPERATION(service, name) &k##service##name,
#include "api/operations.list"
#undef STIPEND_OPERATION
};
}  // namespace

const Entry* find_entry(const aws::Operation* operation) {
  const auto found = std::ranges::find(kEntries, operation, [](const Entry* e) { return e->operation; });
  return found == std::end(kEntries) ? nullptr : *found;
}

}  // namespace stipend::api
