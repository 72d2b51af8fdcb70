// Structured logging: one JSON object a line on stderr, control characters escaped, never a secret.
//   log::info("machine stopped", {{"instance", id}, {"cause", "credit"}, {"request", ctx.request_id}});
// Thread-safe. A field's value is anything nlohmann::json takes.
#pragma once

#include <initializer_list>
#include <string_view>
#include <utility>

#include <nlohmann/json.hpp>

namespace stipend::base::log {

enum class Level { kDebug, kInfo, kWarn, kError };
using Field = std::pair<std::string_view, nlohmann::json>;

void set_level(Level level);
void set_program(std::string_view name);  // the "program" field of each line
void write(Level level, std::string_view message, std::initializer_list<Field> fields);

inline void debug(std::string_view m, std::initializer_list<Field> f = {}) { write(Level::kDebug, m, f); }
inline void info(std::string_view m, std::initializer_list<Field> f = {}) { write(Level::kInfo, m, f); }
inline void warn(std::string_view m, std::initializer_list<Field> f = {}) { write(Level::kWarn, m, f); }
inline void error(std::string_view m, std::initializer_list<Field> f = {}) { write(Level::kError, m, f); }

}  // namespace stipend::base::log
