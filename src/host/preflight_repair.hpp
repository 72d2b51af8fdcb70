// What preflight can mend by itself. Root only.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace stipend::host {

inline constexpr const char* kIdLine = "root:1000000:1000000000";

// Does some line of the text give root all ids that machines use? Pure.
bool gives_root_ids(std::string_view subid_text);
bool has_id_line(const std::string& path);
// Appends kIdLine and changes nothing else of the file.
base::Status add_id_line(const std::string& path);

// Of `nft list chains`: chains of others that drop what they do not know, on the way of machines' packets
// ("ip filter FORWARD"). Pure.
std::vector<std::string> dropping_chains(std::string_view chains, std::string_view own_prefix);

}  // namespace stipend::host
