// Strong identifiers. Each is the text that people and AWS clients see; parse() is the only way in from
// outside and holds the exact grammar, so an id that exists is safe in a path, a log line or nft text.
#pragma once

#include <array>
#include <bit>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.hpp"

namespace stipend::base {

template <class Tag>
class Id {
 public:
  Id() = default;
  static Result<Id> parse(std::string_view text) {
    if (!Tag::matches(text))
      return fail(Fault::kInvalid, "InvalidId", "not a valid " + std::string(Tag::kWhat) + " id");
    Id id;
    text.copy(id.text_.data(), kMost);
    return id;
  }
  std::string str() const { return std::string(view()); }
  std::string_view view() const { return {text_.data(), std::char_traits<char>::length(text_.data())}; }
  bool empty() const { return text_.front() == '\0'; }
  bool operator==(const Id&) const = default;
  std::strong_ordering operator<=>(const Id& other) const {
    for (std::size_t at = 0; at < text_.size(); at += 8)
      if (const auto order = word(at) <=> other.word(at); order != 0) return order;
    return std::strong_ordering::equal;
  }

 private:
  // Zeros behind the text: looking an id up touches no memory but the row's, and copying one allocates nothing.
  static constexpr std::size_t kMost = 23;
  // Eight characters as a number that orders as they do.
  std::uint64_t word(std::size_t at) const {
    std::uint64_t raw = 0;
    std::memcpy(&raw, text_.data() + at, sizeof raw);
    return std::endian::native == std::endian::little ? std::byteswap(raw) : raw;
  }
  std::array<char, kMost + 1> text_{};
};

bool is_prefixed_hex(std::string_view text, std::string_view prefix);  // prefix + 17 lower-case hex digits
bool is_account_number(std::string_view text);                         // 12 digits

#define STIPEND_HEX_ID(Name, prefix, what)                                                        \
  struct Name##Tag {                                                                              \
    static constexpr std::string_view kWhat = what;                                               \
    static constexpr std::string_view kPrefix = prefix;                                           \
    static bool matches(std::string_view t) { return is_prefixed_hex(t, kPrefix); }               \
  };                                                                                              \
  using Name = Id<Name##Tag>

STIPEND_HEX_ID(InstanceId, "i-", "instance");
STIPEND_HEX_ID(ImageId, "ami-", "image");
STIPEND_HEX_ID(DiskId, "vol-", "volume");
STIPEND_HEX_ID(SnapshotId, "snap-", "snapshot");  // how clients name a disk that is a snapshot: the same digits
STIPEND_HEX_ID(KeyPairId, "key-", "key pair");
STIPEND_HEX_ID(ReservationId, "r-", "reservation");
STIPEND_HEX_ID(GrantId, "g-", "grant");
STIPEND_HEX_ID(CourseId, "c-", "course");
STIPEND_HEX_ID(PersonId, "p-", "person");
STIPEND_HEX_ID(HostId, "h-", "host");
#undef STIPEND_HEX_ID

struct AccountIdTag {
  static constexpr std::string_view kWhat = "account";
  static bool matches(std::string_view t) { return is_account_number(t); }
};
using AccountId = Id<AccountIdTag>;

// Where randomness enters: main() passes the system's, tests and the simulator a seeded one.
class Random {
 public:
  virtual ~Random() = default;
  virtual void fill(unsigned char* out, std::size_t count) = 0;
};

std::string random_hex(Random& random, std::size_t digits);

template <class IdType>
IdType make_id(Random& random);  // for the prefixed ids

}  // namespace stipend::base

template <class Tag>
struct std::hash<stipend::base::Id<Tag>> {
  std::size_t operator()(const stipend::base::Id<Tag>& id) const noexcept {
    return std::hash<std::string_view>{}(id.view());
  }
};

namespace stipend::base {
template <class Tag>
Id<Tag> make_prefixed(Random& random) {
  return *Id<Tag>::parse(std::string(Tag::kPrefix) + random_hex(random, 17));
}
template <class IdType>
IdType make_id(Random& random) {
  return [&]<class Tag>(Id<Tag>*) { return make_prefixed<Tag>(random); }(static_cast<IdType*>(nullptr));
}
}  // namespace stipend::base
