#include <fmt/format.h>

#include <filesystem>
#include <fstream>

#include "app/admin/admin.hpp"
#include "base/log.hpp"
#include "control/await.hpp"
#include "control/commands/accounts.hpp"

namespace stipend::app {
namespace {

using boost::asio::awaitable;
namespace fs = std::filesystem;

constexpr std::uintmax_t kMaxDescriptionBytes = 64 * 1024;

// NAME.json beside NAME.erofs, as images/build writes it.
base::Result<domain::Image> read_image(const fs::path& path) {
  const auto wrong = [&](std::string_view what) {
    return base::fail(base::Fault::kInvalid, "InvalidImage", fmt::format("{}: {}; build the image again", path.string(), what));
  };
  std::error_code error;
  if (fs::file_size(path, error) > kMaxDescriptionBytes || error) return wrong("too long or unreadable");
  if (!fs::exists(fs::path(path).replace_extension(".erofs"), error)) return wrong("its .erofs file is missing");
  std::ifstream file(path);
  const auto json = Json::parse(file, nullptr, false);
  if (!json.is_object()) return wrong("not a JSON object");
  domain::Image image;
  const auto ami = base::ImageId::parse(json.value("ami_id", json.value("ami", std::string())));
  if (!ami) return wrong("no image id");
  image.id = *ami;
  image.name = json.value("name", std::string());
  if (image.name != path.stem().string()) return wrong("the name inside is another");
  image.description = json.value("description", std::string());
  image.architecture = json.value("architecture", std::string("x86_64"));
  image.min_disk_gib = json.value("min_disk_gib", std::int64_t{8});
  image.jupyter = json.value("jupyter", false);
  if (const auto created = base::parse_iso8601(json.value("created", std::string()))) image.created = *created;
  return image;
}

awaitable<JsonResult> scan(AdminContext& context, control::Actor actor, Json) {
  const auto found = co_await scan_images(context, std::move(actor));
  if (!found) co_return std::unexpected(found.error());
  co_return Json{{"images", *found}};
}

awaitable<JsonResult> list(AdminContext& context, control::Actor actor, Json) {
  co_return co_await control::read<Json>(context.engine(), std::move(actor),
                                         [](const domain::State& state, base::WallTime) -> JsonResult {
                                           Json out = Json::array();
                                           for (const auto& [id, image] : state.images)
                                             out.push_back({{"image_id", id.str()},
                                                            {"name", image->name},
                                                            {"account", image->account.str()},
                                                            {"description", image->description},
                                                            {"jupyter", image->jupyter},
                                                            {"created", base::to_iso8601(image->created)}});
                                           return out;
                                         });
}

constexpr AdminCommand kCommands[] = {{"image.scan", scan}, {"image.list", list}};

}  // namespace

awaitable<base::Result<int>> scan_images(AdminContext& context, control::Actor actor) {
  std::vector<domain::Image> images;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(context.images, error)) {
    if (entry.path().extension() != ".json") continue;
    auto image = read_image(entry.path());
    if (image) images.push_back(std::move(*image));
    else base::log::warn("image not registered", {{"reason", image.error().message}});
  }
  const int found = static_cast<int>(images.size());
  const auto status = co_await control::run<int>(context.engine(), std::move(actor), [images](control::Tx& tx) -> base::Result<int> {
    for (const auto& image : images) TRY(control::register_image(tx, image));
    return 0;
  });
  if (!status) co_return std::unexpected(status.error());
  co_return found;
}

std::span<const AdminCommand> image_commands() { return kCommands; }

}  // namespace stipend::app
