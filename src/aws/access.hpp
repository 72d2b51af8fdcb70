// ListAccess and OptionalAccess of a given type, for the generated tables only.
#pragma once

#include <optional>
#include <vector>

#include "aws/boxed.hpp"
#include "aws/shape.hpp"

namespace stipend::aws {

template <class T>
inline constexpr ListAccess kListOf{
    [](const void* list) { return static_cast<const std::vector<T>*>(list)->size(); },
    [](const void* list, std::size_t index) -> const void* {
      return &(*static_cast<const std::vector<T>*>(list))[index];
    },
    [](void* list) -> void* { return &static_cast<std::vector<T>*>(list)->emplace_back(); },
};

template <class T>
inline constexpr OptionalAccess kOptionalOf{
    [](const void* optional) -> const void* {
      const auto& o = *static_cast<const std::optional<T>*>(optional);
      return o ? &*o : nullptr;
    },
    [](void* optional) -> void* {
      auto& o = *static_cast<std::optional<T>*>(optional);
      return o ? &*o : &o.emplace();
    },
};

// Of a structure that holds itself.
template <class T>
inline constexpr OptionalAccess kBoxOf{
    [](const void* box) -> const void* {
      const auto& b = *static_cast<const Boxed<T>*>(box);
      return b ? &*b : nullptr;
    },
    [](void* box) -> void* {
      auto& b = *static_cast<Boxed<T>*>(box);
      return b ? &*b : &b.emplace();
    },
};

}  // namespace stipend::aws
