// Filters of the EC2 Describe operations. An operation gives one FilterTable for its kind of resource; a
// Filter<T> is what one request asks for: every filter must hold, each by one of its values.
// Pure; any thread. Names: the operations' pages of the EC2 API Reference.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "api/describe/pattern.hpp"
#include "base/result.hpp"
#include "domain/rows.hpp"

namespace stipend::api {

// Takes the values that a resource has under one filter name; hit() once one of them is asked for.
class Probe {
 public:
  explicit Probe(std::span<const Pattern> wanted) : wanted_(wanted) {}
  void operator()(std::string_view value);
  void operator()(bool value) { (*this)(value ? std::string_view("true") : "false"); }
  void operator()(std::int64_t value) { (*this)(std::string_view(std::to_string(value))); }
  void operator()(const char* value) { (*this)(std::string_view(value)); }
  bool hit() const { return hit_; }

 private:
  std::span<const Pattern> wanted_;
  bool hit_ = false;
};

template <class T>
struct FilterTable {
  struct Field {
    std::string_view name;
    void (*values)(const T& resource, Probe& probe);
  };
  std::span<const Field> fields;
  // Names that AWS knows and that no resource here has a value for: they match nothing.
  std::span<const std::string_view> unset;
  const domain::Tags& (*tags)(const T& resource) = nullptr;  // for tag:KEY and tag-key; null: has none
};

// One of a request's filters, as sent.
struct Condition {
  std::string_view name;
  std::span<const std::string> values;
};

std::unexpected<base::Error> unknown_filter(std::string_view name);
// At most 50 filters of at most 200 values in all; each has a name and a value.
base::Status check_limits(std::span<const Condition> conditions);

template <class T>
class Filter {
 public:
  static base::Result<Filter> make(const FilterTable<T>& table, std::span<const Condition> conditions) {
    TRY(check_limits(conditions));
    Filter filter(table);
    for (const auto& condition : conditions) {
      TRY_ASSIGN(Test test, filter.resolve(condition.name));
      for (const auto& value : condition.values) test.wanted.emplace_back(value);
      filter.tests_.push_back(std::move(test));
    }
    return filter;
  }

  bool matches(const T& resource) const {
    for (const auto& test : tests_)
      if (!holds(test, resource)) return false;
    return true;
  }

 private:
  enum class Kind : std::uint8_t { kField, kTag, kTagKey, kUnset };
  struct Test {
    Kind kind = Kind::kField;
    void (*values)(const T&, Probe&) = nullptr;
    std::string tag_key;
    std::vector<Pattern> wanted;
  };

  explicit Filter(const FilterTable<T>& table) : table_(&table) {}

  base::Result<Test> resolve(std::string_view name) const {
    constexpr std::string_view kTagPrefix = "tag:";
    if (table_->tags != nullptr && name == "tag-key") return Test{Kind::kTagKey, nullptr, {}, {}};
    if (table_->tags != nullptr && name.starts_with(kTagPrefix) && name.size() > kTagPrefix.size())
      return Test{Kind::kTag, nullptr, std::string(name.substr(kTagPrefix.size())), {}};
    for (const auto& field : table_->fields)
      if (field.name == name) return Test{Kind::kField, field.values, {}, {}};
    for (const auto& unset : table_->unset)
      if (unset == name) return Test{Kind::kUnset, nullptr, {}, {}};
    return unknown_filter(name);
  }

  bool holds(const Test& test, const T& resource) const {
    Probe probe(test.wanted);
    if (test.kind == Kind::kField) {
      test.values(resource, probe);
    } else if (test.kind == Kind::kTagKey) {
      for (const auto& [key, value] : table_->tags(resource)) probe(key);
    } else if (test.kind == Kind::kTag) {
      const auto& tags = table_->tags(resource);
      if (const auto at = tags.find(test.tag_key); at != tags.end()) probe(at->second);
    }
    return probe.hit();
  }

  const FilterTable<T>* table_;
  std::vector<Test> tests_;
};

}  // namespace stipend::api
