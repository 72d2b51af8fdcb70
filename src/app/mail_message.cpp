#include "app/mail_message.hpp"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <algorithm>
#include <ctime>

namespace stipend::app {
namespace {

constexpr std::size_t kLineLongest = 900;      // of 998
constexpr std::size_t kEncodedWordBytes = 42;  // an encoded word is 75 characters at most
constexpr std::size_t kBase64LineBytes = 57;

bool is_ascii(std::string_view text) {
  return std::ranges::all_of(text, [](unsigned char c) { return c < 0x80; });
}

std::string without_controls(std::string_view text) {
  std::string out(text);
  for (auto& c : out)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = ' ';
  return out;
}

std::string base64(std::string_view bytes) {
  std::string out((bytes.size() + 2) / 3 * 4 + 1, '\0');
  const int size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()), reinterpret_cast<const unsigned char*>(bytes.data()),
                                   static_cast<int>(bytes.size()));
  out.resize(static_cast<std::size_t>(size));
  return out;
}

// RFC 2047, cut between characters.
std::string header_text(std::string_view value) {
  const auto clean = without_controls(value);
  if (is_ascii(clean) && clean.size() <= kLineLongest) return clean;
  std::string out;
  std::string_view rest = clean;
  while (!rest.empty()) {
    std::size_t size = std::min(rest.size(), kEncodedWordBytes);
    while (size > 1 && size < rest.size() && (static_cast<unsigned char>(rest[size]) & 0xC0) == 0x80) --size;
    out += fmt::format("{}=?UTF-8?B?{}?=", out.empty() ? "" : "\r\n ", base64(rest.substr(0, size)));
    rest.remove_prefix(size);
  }
  return out;
}

std::string date(base::WallTime now) {
  const std::time_t seconds = now.ms / 1000;
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  constexpr const char* kDays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr const char* kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  return fmt::format("{}, {:02} {} {} {:02}:{:02}:{:02} +0000", kDays[parts.tm_wday], parts.tm_mday, kMonths[parts.tm_mon], parts.tm_year + 1900,
                     parts.tm_hour, parts.tm_min, parts.tm_sec);
}

struct Body {
  const char* encoding;
  std::string text;
};

Body body(std::string_view text) {
  std::size_t longest = 0, length = 0;
  for (const char c : text) longest = std::max(longest, length = c == '\n' ? 0 : length + 1);
  std::string out;
  if (is_ascii(text) && longest <= kLineLongest && text.find('\0') == text.npos) {
    for (const char c : text)
      if (c == '\n') out += "\r\n";
      else if (c != '\r') out += c;
    return {"7bit", out};
  }
  for (std::size_t at = 0; at < text.size(); at += kBase64LineBytes) out += base64(text.substr(at, kBase64LineBytes)) + "\r\n";
  return {"base64", out};
}

}  // namespace

std::string mail_message(const domain::Mail& mail, std::string_view from, base::WallTime now) {
  const auto sender = without_controls(from);
  const auto [encoding, text] = body(mail.text);
  return fmt::format(
      "Date: {}\r\nFrom: {}\r\nTo: {}\r\nSubject: {}\r\nMessage-ID: <{}@{}>\r\nAuto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\n"
      "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: {}\r\n\r\n{}",
      date(now), sender, without_controls(mail.to), header_text(mail.subject), mail.id, sender.substr(sender.find('@') + 1), encoding, text);
}

}  // namespace stipend::app
