#include "host/signals.hpp"

#include <fmt/core.h>

namespace stipend::host {
namespace {

// True: it began to fill.
bool take(Filling& filling, const DiskUse& use) {
  const bool was = filling.now;
  filling.now = use.percent >= (was ? kDiskRoomy : kDiskFilling);
  if (filling.now || was) filling.use = use;
  if (!filling.now || was) return false;
  ++filling.count;
  return true;
}

std::string figures(const Filling& filling) {
  return fmt::format("{} {} {}", filling.use.percent, filling.use.used_mib, filling.use.size_mib);
}

}  // namespace

News take(Signals& signals, const Measured& measured) {
  News news;
  if (measured.oom_kills) {
    // Fewer than before: groups went, with a reboot inside or a service that ended. Nothing was killed since.
    news.memory = *measured.oom_kills > signals.oom_kills;
    signals.oom_kills = *measured.oom_kills;
    if (news.memory) ++signals.memory_count;
  }
  news.disk = measured.disk && take(signals.disk, *measured.disk);
  news.home = measured.home && take(signals.home, *measured.home);
  return news;
}

std::vector<std::string> notice_command(const News& news, const Signals& signals, std::int64_t memory_mib) {
  if (!news.any()) return {};
  std::string words = "/usr/lib/stipend/notice";
  if (news.memory) words += fmt::format(" memory {}", memory_mib);
  if (news.disk) words += " disk " + figures(signals.disk);
  const std::string home = news.home ? words + " home " + figures(signals.home) : words;
  if (news.home) words += " disk " + figures(signals.home);
  return {"/bin/sh", "-c", news.home ? home + " || " + words : words};
}

}  // namespace stipend::host
