#include <sstream>

#include "app/admin/admin.hpp"
#include "app/copies.hpp"

namespace stipend::app {
namespace {

using boost::asio::awaitable;

awaitable<JsonResult> list(AdminContext& context, control::Actor, Json arguments) {
  const auto disk = id<base::DiskId>(arguments, "disk");
  if (!disk) co_return std::unexpected(disk.error());
  const auto dates = co_await context.copies.list(*disk);
  if (!dates) co_return std::unexpected(dates.error());
  Json out = Json::array();
  std::istringstream lines(*dates);
  for (std::string date; std::getline(lines, date);) out.push_back({{"disk_id", disk->str()}, {"date", date}});
  co_return out;
}

awaitable<JsonResult> now(AdminContext& context, control::Actor actor, Json arguments) {
  const auto disk = id<base::DiskId>(arguments, "disk");
  if (!disk) co_return std::unexpected(disk.error());
  const auto taken = co_await context.copies.take(*disk);
  if (!taken) co_return std::unexpected(taken.error());
  co_return co_await list(context, std::move(actor), std::move(arguments));
}

constexpr AdminCommand kCommands[] = {{"copy.list", list}, {"copy.now", now}};

}  // namespace

std::span<const AdminCommand> copy_commands() { return kCommands; }

}  // namespace stipend::app
