// HTTP header fields: an ordered multimap, names compared without case, names and values kept byte for
// byte (only the white space around a value is gone), because request signatures are over those bytes.
// A value type; not thread-safe. Views returned live until the next non-const call or move.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace stipend::net {

bool equal_no_case(std::string_view a, std::string_view b);  // ASCII only
std::string_view trim(std::string_view text);                // spaces and tabs

class Headers {
 public:
  using Field = std::pair<std::string_view, std::string_view>;  // name, value

  Headers() = default;
  Headers(std::initializer_list<Field> fields);

  void add(std::string_view name, std::string_view value);  // after those there
  void set(std::string_view name, std::string_view value);  // instead of all of that name
  std::size_t remove(std::string_view name);                // how many went
  void clear();

  // The first of that name; empty / nullopt when there is none.
  std::string_view get(std::string_view name) const;
  std::optional<std::string_view> find(std::string_view name) const;
  std::vector<std::string_view> all(std::string_view name) const;
  bool has(std::string_view name) const { return find(name).has_value(); }
  std::size_t count(std::string_view name) const;
  // Does a comma-separated list field (Connection, Upgrade, Accept) hold this token? No case.
  bool has_token(std::string_view name, std::string_view token) const;

  std::size_t size() const { return entries_.size(); }
  bool empty() const { return entries_.empty(); }
  Field operator[](std::size_t index) const { return view(entries_[index]); }

  class iterator {
   public:
    iterator(const Headers* of, std::size_t at) : of_(of), at_(at) {}
    Field operator*() const { return (*of_)[at_]; }
    iterator& operator++() {
      ++at_;
      return *this;
    }
    bool operator==(const iterator& other) const { return at_ == other.at_; }

   private:
    const Headers* of_;
    std::size_t at_;
  };
  iterator begin() const { return {this, 0}; }
  iterator end() const { return {this, entries_.size()}; }

 private:
  // All bytes lie in one string: a header block costs two allocations, however many fields it has.
  struct Entry {
    std::uint32_t at, name_size, value_size;
  };
  Field view(const Entry& entry) const;

  std::string bytes_;
  std::vector<Entry> entries_;
};

}  // namespace stipend::net
