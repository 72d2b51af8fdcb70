#include "control/simulation/trace.hpp"

#include <fmt/format.h>

namespace stipend::control {
namespace {

std::string words(const domain::Entry& e) {
  return fmt::format("entry {} {} -> {} {} of {} run {}, second {} to {}, {}", e.number, e.debit, e.credit, e.amount.nano, e.subject, e.generation,
                     e.from.count, e.to.count, e.reason);
}
std::string words(const domain::Instance& i) {
  auto out = fmt::format("{} state {} cause {}{}", i.id.view(), static_cast<int>(i.state), static_cast<int>(i.stop_cause), i.terminate_wanted ? " terminates" : "");
  if (!i.run) return out;
  const auto& r = *i.run;
  out += fmt::format(", run {} seen {} s, lease {} s no. {} ({} confirmed), held {} s, posted {}", r.generation, r.seen_ran.count, r.lease_run_max.count,
                     r.lease_seq, r.acked_seq, r.held_run_max.count, r.posted.nano);
  return r.charge_until ? out + fmt::format(", charged until {} s", r.charge_until->count) : out;
}
std::string words(const domain::Hold& h) { return fmt::format("hold {}", h.amount.nano); }
std::string words(const domain::Disk& d) {
  return fmt::format("{}{} reserved {} of {}, posted {}", d.id.view(), d.deleted ? " deleted" : d.snapshot == domain::SnapshotState::kPending ? " pending" : "", d.reserved.nano, d.reserve_wanted.nano, d.posted.nano);
}
std::string words(const domain::Address& a) {
  return fmt::format("{} {} {}, idle {} s, reserved {} of {}, posted {}", a.id, a.instance.empty() ? "of none" : a.instance.view(),
                     a.idle_since ? "idle" : "in use", a.idle.count, a.reserved.nano, a.reserve_wanted.nano, a.posted.nano);
}
std::string words(const domain::Grant& g) { return fmt::format("{} left {} of {}", g.id.view(), g.remaining().nano, g.amount.nano); }

}  // namespace

void print_commit(const store::Batch& batch, std::string_view account, std::int64_t at_ms) {
  const auto print = [&]<class Row>(const store::Change& change, std::type_identity<Row>) {
    if (const auto* put = std::get_if<store::Put<Row>>(&change); put && put->row->account.view() == account)
      fmt::print("{:>12.3f} s  {}\n", static_cast<double>(at_ms) / 1000, words(*put->row));
  };
  for (const auto& change : batch) {
    print(change, std::type_identity<domain::Entry>());
    print(change, std::type_identity<domain::Instance>());
    print(change, std::type_identity<domain::Hold>());
    print(change, std::type_identity<domain::Disk>());
    print(change, std::type_identity<domain::Address>());
    print(change, std::type_identity<domain::Grant>());
  }
}

}  // namespace stipend::control
