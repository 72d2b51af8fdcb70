#include "app/cli/terms.hpp"

#include <fmt/format.h>

#include <charconv>
#include <sstream>

#include "app/cli/class_time.hpp"

namespace stipend::app {
namespace {

std::string csv_cell(std::string text) {
  if (!text.empty() && std::string_view("=+-@\t").contains(text[0])) text.insert(0, 1, '\'');
  if (text.find_first_of(",\"\r\n") == text.npos) return text;
  std::string out = "\"";
  for (const char c : text) out += c == '"' ? std::string("\"\"") : std::string(1, c);
  return out + '"';
}

std::string escaped(const std::string& text) {
  std::string out;
  for (const char c : text) out += c == '<' ? "&lt;" : c == '>' ? "&gt;" : c == '&' ? "&amp;" : c == '"' ? "&quot;" : std::string(1, c);
  return out;
}

std::string shown(const Json& at, const std::string& zone) {
  const auto parsed = at.is_string() ? base::parse_iso8601(at.get<std::string>()) : base::Result<base::WallTime>(base::WallTime::never());
  return parsed && *parsed != base::WallTime::never() ? to_local(*parsed, zone) : "";
}

}  // namespace

Json type_list(const std::string& text) {
  Json list = Json::array();
  std::istringstream names(text == "none" ? "" : text);
  for (std::string name; std::getline(names, name, ',');) list.push_back(name);
  return list;
}

base::Result<Json> terms_json(const std::string& expires, const std::string& zone, const std::string& types) {
  Json out = Json::object();
  if (!expires.empty()) {
    TRY_ASSIGN(const auto at, parse_local(expires, zone));
    out["expires"] = base::to_iso8601(at);
  }
  if (!types.empty()) out["types"] = type_list(types);
  return out;
}

base::Result<std::string> code_expiry(const std::string& text, const std::string& zone, base::WallTime now) {
  int days = 0;
  const char* end = text.data() + text.size();
  if (text.ends_with('d')) {
    const auto [at, error] = std::from_chars(text.data(), end, days);
    if (error == std::errc() && at == end - 1 && days > 0 && days <= 366) return base::to_iso8601(now.plus_seconds(days * 86400LL));
  } else if (text.size() == 10) {
    if (const auto at = parse_local(text + " 23:59", zone)) return base::to_iso8601(*at);
  } else if (const auto at = parse_local(text, zone)) {
    return base::to_iso8601(*at);
  } else if (at.error().code == "InvalidZone") {
    return std::unexpected(at.error());
  }
  return base::fail(base::Fault::kInvalid, "InvalidExpiry",
                    "'" + text + "' is no expiry of a code; write 14d, 2026-12-20 (the end of that day) or \"2026-12-20 12:00\", within a year");
}

std::string codes_csv(const Json& codes) {
  std::string out = "code,amount,uses,expires,label\n";
  for (const auto& code : codes)
    out += fmt::format("{},{},{},{},{}\n", code.value("printed", ""), code.value("amount", ""), code.value("uses_max", 0), code.value("expires", ""),
                       csv_cell(code.value("label", "")));
  return out;
}

std::string codes_cards(const Json& answer, const std::string& zone) {
  std::string out = fmt::format(R"(<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Credit codes</title>
<style>
body {{ font: 11pt/1.4 system-ui, sans-serif; margin: 1cm; display: grid; grid-template-columns: repeat(3, 1fr); gap: 0; }}
div {{ border: 1px dashed #888; padding: .5cm; break-inside: avoid; }}
b {{ display: block; font: 600 15pt ui-monospace, monospace; white-space: nowrap; }}
p {{ margin: .1cm 0; }}
</style></head><body>
)");
  for (const auto& code : answer["codes"]) {
    const auto until = shown(code.contains("expires") ? code["expires"] : Json(), zone);
    out += fmt::format("<div><p>{}{}</p><b>{}</b><p>${} of credit. Sign in at {} and enter the code under <i>Add credit</i>{}.</p></div>\n",
                       escaped(answer.value("course", "")), code.value("label", "").empty() ? "" : " · " + escaped(code.value("label", "")),
                       escaped(code.value("printed", "")), escaped(code.value("amount", "")), escaped(answer.value("address", "")),
                       until.empty() ? "" : ", until " + until);
  }
  return out + "</body></html>\n";
}

}  // namespace stipend::app
