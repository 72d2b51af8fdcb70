// A price list in a file.
#pragma once

#include "app/price_list_json.hpp"

namespace stipend::app {

// At most 48 KiB, so that it passes to the server whole. NoSuchFile, FileTooLarge, InvalidCatalogue.
base::Result<domain::Catalogue> read_price_file(const std::string& path);
// The same as it is written, for a server that fills in what was left out.
base::Result<nlohmann::ordered_json> read_price_json(const std::string& path);

}  // namespace stipend::app
