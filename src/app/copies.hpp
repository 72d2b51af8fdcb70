// Each night a copy of every home, kept for some days: when is this server's to say, how stipend-host's.
#pragma once

#include <map>
#include <string>

#include <boost/asio/awaitable.hpp>

#include "base/clock.hpp"
#include "compute/disk_files.hpp"
#include "control/engine.hpp"

namespace stipend::app {

struct CopyPlan {
  std::int64_t hour = 3;  // of the server's own time zone; the night's copies begin then
  std::int64_t keep = 7;  // of each home; 0: none are taken
};

class NightlyCopies {
 public:
  NightlyCopies(control::Engine& engine, compute::DiskFiles* disks, std::int64_t epoch, const base::Clock& clock, CopyPlan plan)
      : engine_(engine), disks_(disks), epoch_(epoch), clock_(clock), plan_(plan) {}

  boost::asio::awaitable<void> run();  // for ever
  boost::asio::awaitable<base::Status> take(base::DiskId disk);
  boost::asio::awaitable<base::Result<std::string>> list(base::DiskId disk);  // a date a line, newest first

 private:
  boost::asio::awaitable<void> night(const std::string& date);
  control::Engine& engine_;
  compute::DiskFiles* const disks_;  // none: there is nothing to copy
  const std::int64_t epoch_;
  const base::Clock& clock_;
  const CopyPlan plan_;
  std::map<base::DiskId, std::string> done_;  // the last night's date each disk was copied for
};

// The day, in the server's zone, whose night begins at `hour`: until then it is the day before's.
std::string night_of(std::int64_t unix_s, std::int64_t hour);

}  // namespace stipend::app
