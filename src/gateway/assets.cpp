#include "gateway/assets.hpp"

#include <map>

namespace stipend::gateway {

// Generated: console/ as name and bytes.
struct EmbeddedFile {
  std::string_view name, bytes;
};
extern const EmbeddedFile kEmbeddedFiles[];
extern const std::size_t kEmbeddedFileCount;

namespace {

std::string_view content_type(std::string_view name) {
  if (name.ends_with(".html")) return "text/html; charset=utf-8";
  if (name.ends_with(".js")) return "text/javascript; charset=utf-8";
  if (name.ends_with(".css")) return "text/css; charset=utf-8";
  if (name.ends_with(".svg")) return "image/svg+xml";
  if (name.ends_with(".py")) return "text/plain; charset=utf-8";
  return "application/octet-stream";
}

std::map<std::string_view, Asset> load() {
  std::map<std::string_view, Asset> assets;
  for (std::size_t i = 0; i < kEmbeddedFileCount; ++i)
    assets[kEmbeddedFiles[i].name] = {content_type(kEmbeddedFiles[i].name),
                                      std::make_shared<const std::string>(kEmbeddedFiles[i].bytes)};
  return assets;
}

}  // namespace

const Asset* find_asset(std::string_view name) {
  static const auto assets = load();
  const auto at = assets.find(name);
  return at == assets.end() ? nullptr : &at->second;
}

}  // namespace stipend::gateway
