#include "app/copies.hpp"

#include <ctime>
#include <vector>

#include "base/log.hpp"
#include "control/await.hpp"
#include "net/runtime.hpp"

namespace stipend::app {

using boost::asio::awaitable;

namespace {

constexpr auto kLookEvery = std::chrono::minutes(5);

control::Actor night_watch() {
  control::Actor actor;
  actor.who = "server";
  actor.via = "clock";
  actor.role = domain::Role::kAdministrator;
  return actor;
}

}  // namespace

std::string night_of(std::int64_t unix_s, std::int64_t hour) {
  const std::time_t second = unix_s - hour * 3600;
  std::tm parts{};
  char text[16];
  if (localtime_r(&second, &parts) == nullptr) return "";
  return {text, std::strftime(text, sizeof text, "%Y-%m-%d", &parts)};
}

awaitable<base::Status> NightlyCopies::take(base::DiskId disk) {
  if (!disks_) co_return base::fail(base::Fault::kUnavailable, "FilesUnavailable", "the machines of this server have no disks");
  const std::string date = night_of(clock_.wall().ms / 1000, plan_.hour);
  const auto done = co_await control::from_callback<bool>([this, disk, date](auto answer) {
    disks_->copy_disk(disk, date, std::max<std::int64_t>(plan_.keep, 1), epoch_, [answer = std::move(answer)](base::Status taken) mutable {
      answer(taken ? base::Result<bool>(true) : std::unexpected(taken.error()));
    });
  });
  co_return done ? base::Status{} : std::unexpected(done.error());
}

awaitable<base::Result<std::string>> NightlyCopies::list(base::DiskId disk) {
  if (!disks_) co_return std::string();
  co_return co_await control::from_callback<std::string>([this, disk](auto answer) {
    disks_->list_copies(disk, [answer = std::move(answer)](base::Result<std::string> dates) mutable { answer(std::move(dates)); });
  });
}

// What is in use, or has no room, is tried again until the next night.
awaitable<void> NightlyCopies::night(const std::string& date) {
  const auto homes = co_await control::read<std::vector<base::DiskId>>(
      engine_, night_watch(), [](const domain::State& state, base::WallTime) -> base::Result<std::vector<base::DiskId>> {
        std::vector<base::DiskId> found;
        for (const auto& [id, disk] : state.disks)
          if (disk->kind == domain::DiskKind::kHome && !disk->deleted) found.push_back(id);
        return found;
      });
  if (!homes) co_return;
  std::map<base::DiskId, std::string> kept;
  for (const auto& disk : *homes) {
    if (const auto at = done_.find(disk); at != done_.end() && at->second == date) {
      kept[disk] = date;
      continue;
    }
    const auto taken = co_await take(disk);
    if (taken || taken.error().fault == base::Fault::kNotFound) kept[disk] = date;
    if (!taken && taken.error().fault != base::Fault::kConflict && taken.error().fault != base::Fault::kNotFound)
      base::log::warn("a home could not be copied", {{"disk", disk.str()}, {"why", taken.error().message}});
  }
  done_ = std::move(kept);
}

awaitable<void> NightlyCopies::run() {
  if (plan_.keep == 0 || !disks_) co_return;
  // A server that starts in the middle of the day does not begin with the copies of the night before.
  std::string first = night_of(clock_.wall().ms / 1000, plan_.hour);
  while (true) {
    co_await net::sleep_for(kLookEvery);
    const std::string date = night_of(clock_.wall().ms / 1000, plan_.hour);
    if (date == first) continue;
    first.clear();
    co_await night(date);
  }
}

}  // namespace stipend::app
