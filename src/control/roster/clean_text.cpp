#include "control/roster/clean_text.hpp"

#include <fmt/format.h>
#include <utf8proc.h>

#include <algorithm>
#include <cstdlib>
#include <memory>

#include "base/dns.hpp"

namespace stipend::control {
namespace {

using base::Fault;

constexpr int kMarksMost = 4;  // on one letter; more hide what is beside it
constexpr utf8proc_int32_t kNonJoiner = 0x200c, kJoiner = 0x200d, kNoBreakSpace = 0xa0;

std::unexpected<base::Error> wrong(std::string how) { return base::fail(Fault::kInvalid, "InvalidText", std::move(how)); }

std::string mapped(std::string_view text, int options) {
  utf8proc_uint8_t* out = nullptr;
  const auto size = utf8proc_map(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                                 static_cast<utf8proc_ssize_t>(text.size()), &out, static_cast<utf8proc_option_t>(options));
  const std::unique_ptr<utf8proc_uint8_t, decltype(&std::free)> owner(out, &std::free);
  return size < 0 ? std::string() : std::string(reinterpret_cast<const char*>(out), static_cast<std::size_t>(size));
}

// Calls see(code point) for each; false when the text is no UTF-8.
template <class See>
bool each_character(std::string_view text, See see) {
  const auto* at = reinterpret_cast<const utf8proc_uint8_t*>(text.data());
  auto left = static_cast<utf8proc_ssize_t>(text.size());
  while (left > 0) {
    utf8proc_int32_t character = 0;
    const auto used = utf8proc_iterate(at, left, &character);
    if (used <= 0) return false;
    see(character);
    at += used;
    left -= used;
  }
  return true;
}

enum class Kind : std::uint8_t { kPlain, kMark, kHidden };

Kind kind_of(utf8proc_int32_t character, bool joiners) {
  if (joiners && (character == kJoiner || character == kNonJoiner)) return Kind::kPlain;
  switch (utf8proc_category(character)) {
    case UTF8PROC_CATEGORY_CC:
    case UTF8PROC_CATEGORY_CF:
    case UTF8PROC_CATEGORY_CS:
    case UTF8PROC_CATEGORY_CO:
    case UTF8PROC_CATEGORY_CN:
    case UTF8PROC_CATEGORY_ZL:
    case UTF8PROC_CATEGORY_ZP: return Kind::kHidden;
    case UTF8PROC_CATEGORY_ZS: return character == ' ' || character == kNoBreakSpace ? Kind::kPlain : Kind::kHidden;
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_ME: return Kind::kMark;
    default:
      // Letters that are drawn as nothing: fillers of Hangul, and the blank of Braille.
      if (character == 0x115f || character == 0x1160 || character == 0x3164 || character == 0xffa0 || character == 0x2800)
        return Kind::kHidden;
      return Kind::kPlain;
  }
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r\n";
  const auto first = text.find_first_not_of(kBlank);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

bool is_local_part(std::string_view text) {
  constexpr std::string_view kSigns = "!#$%&'*+-/=?^_`{|}~.";
  if (text.empty() || text.size() > 64 || text.front() == '.' || text.back() == '.' || text.contains("..")) return false;
  return std::ranges::all_of(text, [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || kSigns.contains(c);
  });
}

}  // namespace

base::Result<std::string> clean_text(std::string_view text, std::size_t most, bool joiners) {
  text = trimmed(text);
  if (text.size() > most * 8) return wrong(fmt::format("is longer than {} characters", most));
  utf8proc_int32_t hidden = -1;
  int marks = 0, marks_most = 0;
  const auto look = [&](utf8proc_int32_t character) {
    const auto kind = kind_of(character, joiners);
    if (kind == Kind::kHidden && hidden < 0) hidden = character;
    marks = kind == Kind::kMark ? marks + 1 : 0;
    marks_most = std::max(marks_most, marks);
  };
  if (!each_character(text, look)) return wrong("is not UTF-8");
  if (hidden >= 0)
    return wrong(fmt::format("has a character that cannot be seen or that turns the writing (U+{:04X})", hidden));
  if (marks_most > kMarksMost) return wrong("has too many accents on one letter");
  auto composed = mapped(text, UTF8PROC_COMPOSE | UTF8PROC_STABLE);
  std::size_t length = 0;
  each_character(composed, [&](utf8proc_int32_t) { ++length; });
  if (length > most) return wrong(fmt::format("is longer than {} characters", most));
  return composed;
}

base::Result<std::string> clean_name(std::string_view text) { return clean_text(text, kNameMost, true); }

base::Result<std::string> clean_identifier(std::string_view text) {
  TRY_ASSIGN(auto clean, clean_text(text, kIdentifierMost, false));
  if (clean.empty()) return wrong("is empty");
  return clean;
}

base::Result<std::string> clean_mail(std::string_view text) {
  text = trimmed(text);
  const auto at = text.rfind('@');
  if (text.size() > kMailMost || at == std::string_view::npos) return wrong("is not a mail address");
  std::string domain(text.substr(at + 1));
  std::ranges::transform(domain, domain.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  if (!is_local_part(text.substr(0, at)) || !base::is_dns_name(domain) || !domain.contains('.'))
    return wrong("is not a mail address (letters beyond ASCII are not taken)");
  return std::string(text.substr(0, at + 1)) + domain;
}

std::string folded(std::string_view text) {
  // Of most rosters and of every member looked up: what the mapping makes of ASCII, which is only its small letters.
  if (std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x80; })) {
    std::string small(text);
    for (char& c : small)
      if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + ('a' - 'A'));
    return small;
  }
  return mapped(text, UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_COMPAT | UTF8PROC_CASEFOLD | UTF8PROC_IGNORE);
}

}  // namespace stipend::control
