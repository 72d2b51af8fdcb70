#include "host/signals.hpp"

namespace stipend::host {

News take(Signals& signals, const Measured& measured) {
  News news;
  if (measured.oom_kills) {
    // Fewer than before: groups went, with a reboot inside or a service that ended. Nothing was killed since.
    news.memory = *measured.oom_kills > signals.oom_kills;
    signals.oom_kills = *measured.oom_kills;
    if (news.memory) ++signals.memory_count;
  }
  if (measured.disk) {
    const bool was = signals.disk_filling;
    signals.disk_filling = measured.disk->percent >= (was ? kDiskRoomy : kDiskFilling);
    news.disk = signals.disk_filling && !was;
    if (news.disk) ++signals.disk_count;
    if (signals.disk_filling || was) signals.disk = *measured.disk;
  }
  return news;
}

std::vector<std::string> notice_command(const News& news, const Signals& signals, std::int64_t memory_mib) {
  if (!news.memory && !news.disk) return {};
  std::vector<std::string> command = {"/usr/lib/stipend/notice"};
  if (news.memory) command.insert(command.end(), {"memory", std::to_string(memory_mib)});
  if (news.disk)
    command.insert(command.end(), {"disk", std::to_string(signals.disk.percent), std::to_string(signals.disk.used_mib),
                                   std::to_string(signals.disk.size_mib)});
  return command;
}

}  // namespace stipend::host
