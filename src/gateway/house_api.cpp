// GET /class/disks, POST /class/disks/delete: disks that the house pays. Their files come from the files' own addresses.
#include "gateway/people_call.hpp"

namespace stipend::gateway {
namespace {

Json to_json(const HouseDiskView& disk) {
  return {{"disk", disk.disk.str()},
          {"account", disk.account.str()},
          {"member", disk.member},
          {"kind", disk.kind},
          {"machine", disk.machine},
          {"gib", disk.gib},
          {"paid_shown", base::to_display(disk.paid, base::Rounding::kCeil)},
          {"price_shown", base::to_rate_display(disk.price_per_hour)},
          {"kept_until", base::to_iso8601(disk.kept_until)},
          {"unfunded", disk.unfunded},
          {"running", disk.running}};
}

}  // namespace

awaitable<net::Response> house_call(PeopleCall call, Who who, bool remove) {
  if (remove) {
    const auto disk = base::DiskId::parse(word(body_of(call.request), "disk"));
    if (!disk) co_return problem({base::Fault::kInvalid, "InvalidId", "A disk is vol- and 17 hex digits."}, call.request_id);
    const auto done = co_await call.people.house.remove(who.account, *disk, call.request_id);
    co_return done ? ok(Json::object()) : problem(done.error(), call.request_id);
  }
  const auto disks = co_await call.people.house.disks(who.account);
  if (!disks) co_return problem(disks.error(), call.request_id);
  Json rows = Json::array();
  for (const auto& row : disks->rows) rows.push_back(to_json(row));
  co_return ok({{"rows", std::move(rows)}, {"found", disks->found}});
}

}  // namespace stipend::gateway
