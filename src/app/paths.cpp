#include "app/paths.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>

namespace stipend::app {
namespace fs = std::filesystem;

namespace {

fs::path program_folder() {
  std::error_code error;
  const auto self = fs::read_symlink("/proc/self/exe", error);
  return error ? fs::path("/usr/bin") : self.parent_path();
}

std::string find_recipes(const fs::path& programs) {
  for (const fs::path& candidate : {programs / "../../../images", fs::path("/usr/share/stipend/images")}) {
    std::error_code error;
    if (fs::exists(candidate / "build", error)) return fs::weakly_canonical(candidate, error).string();
  }
  return "";
}

}  // namespace

base::Result<Paths> find_paths(const std::string& state, const std::string& images, const std::string& recipes) {
  std::error_code error;
  if (state.empty()) return base::fail(base::Fault::kInvalid, "InvalidPath", "--state names no folder");
  const fs::path root = fs::weakly_canonical(fs::absolute(state, error), error);
  if (error || root.string().size() > 200)
    return base::fail(base::Fault::kInvalid, "InvalidPath", fmt::format("{}: not a usable folder name: {}", state, error.message()));
  const auto programs = program_folder();
  Paths paths;
  paths.state = root.string();
  paths.server = (root / "server").string();
  paths.admin_folder = (root / "admin").string();
  paths.admin_socket = (root / "admin" / "admin.sock").string();
  paths.host_folder = (root / "host").string();
  paths.acme_folder = (root / "acme").string();
  paths.challenges = (root / "challenges").string();
  const fs::path images_folder = images.empty() ? root.parent_path() / "images" : fs::path(images);
  paths.images = fs::weakly_canonical(fs::absolute(images_folder, error), error).string();
  paths.recipes = recipes.empty() ? find_recipes(programs) : recipes;
  paths.programs = programs.string();
  return paths;
}

}  // namespace stipend::app
