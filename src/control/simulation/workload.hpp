// Workload: people with a plan, as an object: set_up() makes what they need while nothing goes wrong, start() puts what
// they do on the world's agenda, check() says at the end, when all has come to rest, what only they can know. Several may
// share a world. Files in workloads/; scenario.hpp names them.
#pragma once

#include <memory>
#include <string_view>

#include "control/simulation/world.hpp"

namespace stipend::control {

struct Size {
  std::int64_t students = 20, weeks = 4;
};

class Workload {
 public:
  virtual ~Workload() = default;
  virtual void set_up(World& world) = 0;
  virtual void start(World& world) = 0;
  virtual void check(World&) {}
  // It may end the world early, when it has what it wants.
  virtual bool is_done(const World&) const { return false; }
};

using WorkloadPtr = std::unique_ptr<Workload>;
WorkloadPtr make_term(Size size);        // weekly labs: students who come, stop or forget to
WorkloadPtr make_deadline(Size size);    // one night in which everybody wants as much as the credit gives
WorkloadPtr make_join_storm(Size size);  // a class that joins by a code with credit, and starts at once
WorkloadPtr make_top_ups(Size size);     // credit that is given and taken back all the time
WorkloadPtr make_policy(Size size);      // free hours, opening hours and daily limits of a course
WorkloadPtr make_codes(Size size);       // credit codes that many enter at once, and grants with terms
WorkloadPtr make_emergency(Size size);   // emergency credit, for fewer than want it
WorkloadPtr make_prices(Size size);      // price lists that change while machines run
WorkloadPtr make_snapshots(Size size);   // snapshots, images of machines, and machines launched from those
WorkloadPtr make_addresses(Size size);   // elastic addresses
WorkloadPtr make_giant(Size size);       // as many short starts as possible, for figures
WorkloadPtr make_outages(Size size);     // months in which server and host are away for hours and days
WorkloadPtr make_race(int crashes);      // four accounts that race for their last cents

}  // namespace stipend::control
