// The command line's side of the admin socket, and how it prints.
#pragma once

#include <chrono>
#include <initializer_list>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "app/paths.hpp"
#include "base/result.hpp"

namespace stipend::app {

using Json = nlohmann::ordered_json;

// One command, answered. No server: says how to start one.
base::Result<Json> ask_server(const Paths& paths, const std::string& command, Json arguments = Json::object(),
                              std::chrono::seconds patience = std::chrono::seconds(60));

struct Column {
  std::string title, key;
};
// A table for people. Control characters in values are shown escaped: a name must not drive a terminal.
std::string to_table(const Json& rows, const std::vector<Column>& columns);
std::string escape_controls(std::string_view text);

// The server's figures as people read them; what is absent or null is "-". `key` names a member of `row`.
std::string dollars(const Json& row, const char* key);     // a decimal amount: "$41.27", rounded down
std::string local_time(const Json& row, const char* key);  // an instant: "2026-11-19 14:10" in this computer's zone
// `rows` with these members worded so.
Json worded(Json rows, std::initializer_list<const char*> amounts, std::initializer_list<const char*> instants);

}  // namespace stipend::app
