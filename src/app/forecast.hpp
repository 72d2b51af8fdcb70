// Who of a course will run out of credit before a date (domain/forecast.hpp), some members at a time.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <optional>
#include <string>
#include <vector>

#include "control/engine.hpp"
#include "domain/forecast.hpp"
#include "store/store.hpp"

namespace stipend::app {

struct MemberForecast {
  base::AccountId account;
  std::string name, identifier, section;
  base::Money left;                  // balance less what keeps disks
  domain::DailyUse::Spread use;      // a day
  domain::Outlook outlook;
};

struct ForecastPage {
  std::string course;
  std::vector<MemberForecast> rows;  // students that are not suspended
  std::optional<base::AccountId> next;
};

boost::asio::awaitable<base::Result<ForecastPage>> forecast_page(control::Engine& engine, store::Store& store, control::Actor actor,
                                                                 std::string course, base::WallTime until,
                                                                 std::optional<base::AccountId> after);

}  // namespace stipend::app
