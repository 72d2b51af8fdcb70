// An optional structure that holds itself, as AWS's filter expressions do: std::optional<T> of a T that is not complete
// yet. For the generated structs; a value, copied deeply.
#pragma once

#include <utility>

namespace stipend::aws {

template <class T>
class Boxed {
 public:
  Boxed() = default;
  Boxed(const Boxed& other) : held_(other.held_ ? new T(*other.held_) : nullptr) {}
  Boxed(Boxed&& other) noexcept : held_(std::exchange(other.held_, nullptr)) {}
  Boxed& operator=(Boxed other) noexcept {
    std::swap(held_, other.held_);
    return *this;
  }
  ~Boxed() { delete held_; }

  explicit operator bool() const { return held_ != nullptr; }
  T& operator*() { return *held_; }
  const T& operator*() const { return *held_; }
  T* operator->() { return held_; }
  const T* operator->() const { return held_; }
  T& emplace() {
    reset();
    return *(held_ = new T());
  }
  void reset() { delete std::exchange(held_, nullptr); }
  bool operator==(const Boxed& other) const { return held_ && other.held_ ? *held_ == *other.held_ : held_ == other.held_; }

 private:
  T* held_ = nullptr;  // owned; a std::unique_ptr has no standard layout, which the tables' offsets need
};

}  // namespace stipend::aws
