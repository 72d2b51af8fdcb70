// Runs one nft transaction through libnftables: all of it or nothing. Not thread-safe for one table.
#pragma once

#include <string>

#include "base/result.hpp"

namespace stipend::host {

base::Status run_nft(const std::string& commands);
// What a listing command prints.
base::Result<std::string> list_nft(const std::string& command);
bool nft_table_exists(const std::string& table);  // of family inet

}  // namespace stipend::host
