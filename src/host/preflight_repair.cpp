#include "host/preflight_repair.hpp"

#include <charconv>
#include <cstdint>
#include <sstream>
#include <vector>

#include "host/files.hpp"
#include "host/idmap.hpp"
#include "host/process.hpp"

namespace stipend::host {

bool gives_root_ids(std::string_view text) {
  std::istringstream lines{std::string(text)};
  for (std::string line; std::getline(lines, line);) {
    const auto first = line.find(':'), second = line.find(':', first + 1);
    if (first == std::string::npos || second == std::string::npos) continue;
    const std::string who = line.substr(0, first);
    std::int64_t start = -1, count = -1;
    std::from_chars(line.data() + first + 1, line.data() + second, start);
    std::from_chars(line.data() + second + 1, line.data() + line.size(), count);
    const std::int64_t last = std::int64_t{kIdBase} + std::int64_t{kIdSlots} * kIdCount;
    if ((who == "root" || who == "0") && start >= 0 && start <= kIdBase && start + count >= last) return true;
  }
  return false;
}

std::vector<std::string> dropping_chains(std::string_view text, std::string_view own_prefix) {
  std::vector<std::string> out;
  std::istringstream lines{std::string(text)};
  std::string table, chain;
  for (std::string line; std::getline(lines, line);) {
    const auto t = trimmed(line);
    const auto name = [&](std::string_view keyword) {
      return std::string(t.substr(keyword.size(), t.rfind(" {") - keyword.size()));
    };
    if (t.starts_with("table "))
      table = name("table ");
    else if (t.starts_with("chain "))
      chain = name("chain ");
    else if ((t.find("hook forward") != std::string_view::npos ||
              t.find("hook input") != std::string_view::npos) &&
             t.find("policy drop") != std::string_view::npos && table.find(own_prefix) == std::string::npos)
      out.push_back(table + " " + chain);
  }
  return out;
}

bool has_id_line(const std::string& path) {
  return gives_root_ids(read_file(path).value_or(""));
}

base::Status add_id_line(const std::string& path) {
  // The lock that useradd and usermod take is a file of this name; ours only keeps two of us apart.
  TRY_ASSIGN(Fd lock, lock_file("/run/stipend-subid.lock"));
  std::string text;
  if (exists(path)) {
    TRY_ASSIGN(text, read_file(path));
  }
  if (gives_root_ids(text)) return {};
  if (!text.empty() && !text.ends_with('\n')) text += '\n';
  return write_file_atomic(path, text + kIdLine + "\n", 0644);
}

}  // namespace stipend::host
