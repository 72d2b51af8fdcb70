#include "app/cli/client.hpp"

#include <fmt/format.h>

#include <ctime>

#include "base/money.hpp"
#include "base/time.hpp"
#include "net/client.hpp"

namespace stipend::app {

base::Result<Json> ask_server(const Paths& paths, const std::string& command, Json arguments, std::chrono::seconds patience) {
  net::Request request;
  request.method = "POST";
  request.target = "/admin/" + command;
  request.headers.set("Content-Type", "application/json");
  request.body = arguments.dump();
  const auto response = net::fetch_blocking({paths.admin_socket, "", 0}, std::move(request), {patience});
  if (!response) {
    if (response.error().code == "ConnectionRefused" || response.error().code == "ConnectionFailed")
      return base::fail(base::Fault::kUnavailable, "NotServed",
                        fmt::format("no server of the state {0} answers. Start one with `stipend --state {0} serve`; if one runs, "
                                    "use sudo or join the server's group",
                                    paths.state));
    return std::unexpected(response.error());
  }
  auto json = Json::parse(response->bytes(), nullptr, false);
  if (json.is_discarded())
    return base::fail(base::Fault::kInternal, "InvalidAnswer", fmt::format("the server answered {} with no JSON", response->status));
  if (response->status != 200)
    return base::fail(base::Fault::kInvalid, json.value("code", "Failed"), json.value("message", "the server refused"));
  return json;
}

std::string escape_controls(std::string_view text) {
  std::string out;
  for (const unsigned char c : text) {
    if (c < 0x20 || c == 0x7f) out += fmt::format("\\x{:02x}", c);
    else out += static_cast<char>(c);
  }
  // C1 controls in UTF-8 (0xc2 0x80..0x9f) drive some terminals too.
  for (std::size_t at = 0; (at = out.find('\xc2', at)) != std::string::npos;) {
    const auto next = at + 1 < out.size() ? static_cast<unsigned char>(out[at + 1]) : 0;
    if (next >= 0x80 && next <= 0x9f) out.replace(at, 2, fmt::format("\\u{:04x}", next));
    ++at;
  }
  return out;
}

namespace {

std::string cell(const Json& row, const std::string& key) {
  const auto at = row.find(key);
  if (at == row.end() || at->is_null() || (at->is_string() && at->get_ref<const std::string&>().empty())) return "-";
  return escape_controls(at->is_string() ? at->get<std::string>() : at->dump());
}

std::string text_of(const Json& row, const char* key) {
  const auto at = row.find(key);
  return at != row.end() && at->is_string() ? at->get<std::string>() : "";
}

std::size_t width(std::string_view text) {  // code points, near enough for columns
  std::size_t count = 0;
  for (const unsigned char c : text) count += (c & 0xc0) != 0x80;
  return count;
}

}  // namespace

std::string dollars(const Json& row, const char* key) {
  const auto amount = base::parse_decimal(text_of(row, key));
  return amount ? base::to_display(*amount, base::Rounding::kFloor) : "-";
}

std::string local_time(const Json& row, const char* key) {
  const auto instant = base::parse_iso8601(text_of(row, key));
  if (!instant) return "-";
  const std::time_t seconds = instant->ms / 1000;
  std::tm parts{};
  char text[32];
  localtime_r(&seconds, &parts);
  return {text, std::strftime(text, sizeof text, "%Y-%m-%d %H:%M", &parts)};
}

Json worded(Json rows, std::initializer_list<const char*> amounts, std::initializer_list<const char*> instants) {
  for (auto& row : rows) {
    for (const char* key : amounts) row[key] = dollars(row, key);
    for (const char* key : instants) row[key] = local_time(row, key);
  }
  return rows;
}

std::string to_table(const Json& rows, const std::vector<Column>& columns) {
  if (rows.empty()) return "None yet.\n";
  std::vector<std::vector<std::string>> lines(1);
  for (const auto& column : columns) lines[0].push_back(column.title);
  for (const auto& row : rows) {
    lines.emplace_back();
    for (const auto& column : columns) lines.back().push_back(cell(row, column.key));
  }
  std::vector<std::size_t> widths(columns.size());
  for (const auto& line : lines)
    for (std::size_t i = 0; i < line.size(); ++i) widths[i] = std::max(widths[i], width(line[i]));
  std::string out;
  for (const auto& line : lines) {
    for (std::size_t i = 0; i < line.size(); ++i) {
      out += line[i];
      if (i + 1 < line.size()) out.append(widths[i] - width(line[i]) + 2, ' ');
    }
    out += '\n';
  }
  return out;
}

}  // namespace stipend::app
