#include "aws/form.hpp"

#include <algorithm>
#include <array>

#include "aws/text.hpp"

namespace stipend::aws {
namespace {

using base::fail;
using base::Fault;

constexpr std::array<bool, 256> unreserved_set() {
  std::array<bool, 256> set{};
  for (const char c : std::string_view("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"))
    set[static_cast<unsigned char>(c)] = true;
  return set;
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

template <class Out>
bool decode(Out& out, std::string_view text, bool plus_is_space) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '%') {
      const int high = i + 2 < text.size() ? hex_digit(text[i + 1]) : -1;
      const int low = i + 2 < text.size() ? hex_digit(text[i + 2]) : -1;
      if (high < 0 || low < 0) return false;
      out.push_back(static_cast<char>(high * 16 + low));
      i += 2;
    } else {
      out.push_back(c == '+' && plus_is_space ? ' ' : c);
    }
  }
  return true;
}

std::string_view take_segment(std::string_view& rest) {
  const auto dot = rest.find('.');
  const auto segment = rest.substr(0, dot);
  rest = dot == rest.npos ? std::string_view{} : rest.substr(dot + 1);
  return segment;
}

bool is_number(std::string_view s) {
  return !s.empty() && s.size() <= 9 && std::ranges::all_of(s, [](char c) { return c >= '0' && c <= '9'; });
}

// Segment by segment; two numbers by size. Text decides between "1" and "01", so equal means the same bytes.
bool comes_before(const FormField& a, const FormField& b) {
  auto x = a.key;
  auto y = b.key;
  while (!x.empty() && !y.empty()) {
    const auto p = take_segment(x);
    const auto q = take_segment(y);
    if (p == q) continue;
    if (is_number(p) && is_number(q)) {
      const auto trim = [](std::string_view s) {
        return s.substr(std::min(s.find_first_not_of('0'), s.size() - 1));
      };
      const auto m = trim(p);
      const auto n = trim(q);
      if (m.size() != n.size()) return m.size() < n.size();
      if (m != n) return m < n;
    }
    return p < q;
  }
  if (x.empty() != y.empty()) return x.empty();
  return a.key < b.key;
}

}  // namespace

bool append_percent_decoded(std::string& out, std::string_view text, bool plus_is_space) {
  return decode(out, text, plus_is_space);
}

void append_percent_encoded(std::string& out, std::string_view text) {
  static constexpr auto kUnreserved = unreserved_set();
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (kUnreserved[byte]) {
      out += c;
    } else {
      out += '%';
      out += "0123456789ABCDEF"[byte >> 4U];
      out += "0123456789ABCDEF"[byte & 15U];
    }
  }
}

base::Result<Form> Form::parse(std::string_view text) {
  Form form;
  form.bytes_.reserve(text.size());  // decoding never grows, so the views below stay valid
  while (!text.empty()) {
    const auto end = text.find('&');
    const auto pair = text.substr(0, end);
    text = end == text.npos ? std::string_view{} : text.substr(end + 1);
    if (pair.empty()) continue;
    if (form.fields_.size() == kFieldsMax)
      return fail(Fault::kInvalid, "MalformedQueryString", "The request has more than 10000 parameters");
    const auto equals = pair.find('=');
    const auto key_at = form.bytes_.size();
    bool good = decode(form.bytes_, pair.substr(0, equals), true);
    const auto value_at = form.bytes_.size();
    if (equals != pair.npos) good = decode(form.bytes_, pair.substr(equals + 1), true) && good;
    const std::string_view key(form.bytes_.data() + key_at, value_at - key_at);
    const std::string_view value(form.bytes_.data() + value_at, form.bytes_.size() - value_at);
    if (!good) return fail(Fault::kInvalid, "MalformedQueryString", "The query string has a broken % escape");
    if (key.size() > kKeyBytesMax)
      return fail(Fault::kInvalid, "MalformedQueryString", "A parameter's name is longer than 512 bytes");
    if (!is_plain_text(key) || !is_plain_text(value))
      return fail(Fault::kInvalid, "InvalidCharacter",
                  "The request contains a character that is not valid text");
    form.fields_.push_back({key, value});
  }
  std::ranges::sort(form.fields_, comes_before);
  const auto twice = std::ranges::adjacent_find(form.fields_, {}, &FormField::key);
  if (twice != form.fields_.end())
    return fail(Fault::kInvalid, "MalformedQueryString",
                "The parameter " + std::string(twice->key) + " is given more than once");
  return form;
}

std::string_view Form::get(std::string_view key) const {
  const auto found = std::ranges::lower_bound(fields_, FormField{key, {}}, comes_before);
  return found != fields_.end() && found->key == key ? found->value : std::string_view{};
}

}  // namespace stipend::aws
