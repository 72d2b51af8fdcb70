// A price list as JSON: what `stipend catalogue show --json` prints, people edit, and `stipend catalogue add` and `stipend
// plan --catalogue` read. Amounts are decimal text in dollars.
#pragma once

#include <nlohmann/json.hpp>

#include "domain/price_list.hpp"

namespace stipend::app {

nlohmann::ordered_json to_json(const domain::Catalogue& catalogue);
// Checked (domain/price_list.hpp). What to_json writes besides, as whose it is, is read over; a member that neither knows is an
// error, so that a slip of the pen is not a price. The prices of snapshots and addresses may be left out: then they are those
// of `holds`, or nothing where nobody asks for them.
base::Result<domain::Catalogue> price_list_of(const nlohmann::ordered_json& json, const domain::Catalogue* holds = nullptr);
// The text of a file.
base::Result<nlohmann::ordered_json> price_list_json_of(const std::string& text);

}  // namespace stipend::app
