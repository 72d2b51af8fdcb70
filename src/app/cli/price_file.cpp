#include "app/cli/price_file.hpp"

#include <fstream>

namespace stipend::app {

base::Result<nlohmann::ordered_json> read_price_json(const std::string& path) {
  constexpr std::size_t kMostBytes = 48 * 1024;
  std::ifstream file(path, std::ios::binary);
  std::string text(kMostBytes + 1, '\0');
  if (file) file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (!file.is_open() || file.bad()) return base::fail(base::Fault::kNotFound, "NoSuchFile", "cannot read " + path);
  text.resize(static_cast<std::size_t>(file.gcount()));
  if (text.size() > kMostBytes) return base::fail(base::Fault::kInvalid, "FileTooLarge", path + " is no price list: it is larger than 48 KiB");
  return price_list_json_of(text);
}

base::Result<domain::Catalogue> read_price_file(const std::string& path) {
  TRY_ASSIGN(const auto json, read_price_json(path));
  return price_list_of(json);
}

}  // namespace stipend::app
