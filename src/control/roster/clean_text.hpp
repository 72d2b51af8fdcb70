// Text that one person gives and others read, in tables, mails and terminals: one line, in Unicode's composed form
// (NFC), without anything that cannot be seen or that turns the direction of writing. Pure. An error's message goes on
// after "the name", "the identifier": "is longer than 100 characters".
#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"

namespace stipend::control {

inline constexpr std::size_t kNameMost = 100, kIdentifierMost = 64, kSectionMost = 40, kMailMost = 254;

// Without blanks around it; at most `most` characters; may be empty. Joiners (U+200C, U+200D) only where `joiners`.
base::Result<std::string> clean_text(std::string_view text, std::size_t most, bool joiners);

base::Result<std::string> clean_name(std::string_view text);        // may be empty
base::Result<std::string> clean_identifier(std::string_view text);  // not empty
base::Result<std::string> clean_mail(std::string_view text);        // a plain ASCII address, not empty

// For comparing: letter case, width and compatibility forms do not count ("ADA", "ada" and full-width "ada" are one).
std::string folded(std::string_view text);

}  // namespace stipend::control
