#include "base/log.hpp"

#include <unistd.h>

#include <atomic>
#include <string>

#include "base/clock.hpp"

namespace stipend::base::log {
namespace {

std::atomic<Level> g_level{Level::kInfo};
std::string g_program = "stipend";  // set once, before threads start

constexpr std::string_view kNames[] = {"debug", "info", "warn", "error"};

}  // namespace

void set_level(Level level) { g_level = level; }
void set_program(std::string_view name) { g_program = name; }

void write(Level level, std::string_view message, std::initializer_list<Field> fields) {
  if (level < g_level.load(std::memory_order_relaxed)) return;
  nlohmann::ordered_json line;
  line["time"] = to_iso8601(SystemClock().wall());
  line["level"] = kNames[static_cast<int>(level)];
  line["program"] = g_program;
  line["message"] = message;
  for (const auto& [key, value] : fields) line[std::string(key)] = value;
  std::string text = line.dump(-1, ' ', true, nlohmann::json::error_handler_t::replace);
  text += '\n';
  // One write(2) a line: lines of several processes on one pipe do not mix below PIPE_BUF.
  [[maybe_unused]] const auto written = ::write(STDERR_FILENO, text.data(), text.size());
}

}  // namespace stipend::base::log
