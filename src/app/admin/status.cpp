#include "app/admin/admin.hpp"
#include "control/await.hpp"
#include "control/commands/course_room.hpp"
#include "control/commands/mails.hpp"

namespace stipend::app {
namespace {

using boost::asio::awaitable;

awaitable<JsonResult> status(AdminContext& context, control::Actor actor, Json) {
  const auto why = context.service.not_ready();
  co_return co_await control::read<Json>(
      context.engine(), std::move(actor),
      [why, listen = context.listen, origin = context.address.origin(), region = context.region,
       certificate = context.certificate.to_json(), mail = context.mail_configured](const domain::State& state,
                                                                                            base::WallTime now) -> JsonResult {
        const auto mails = control::count_mails(state);
        return Json{{"ready", why.empty()},
                    {"not_ready_because", why},
                    {"listen", listen},
                    {"console", origin + "/"},
                    {"region", region},
                    {"certificate", certificate},
                    {"courses", state.courses.size()},
                    {"accounts", state.accounts.size()},
                    {"images", state.images.size()},
                    {"instances", state.instances.size()},
                    {"with_a_run", state.with_run.size()},
                    {"waiting", state.queue.size()},
                    {"broken_reservations", control::broken_reservations(state, now)},
                    {"mail", {{"smtp_configured", mail}, {"waiting", mails.waiting}, {"failed", mails.failed}}},
                    {"ledger_entries", state.last_entry},
                    {"time", base::to_iso8601(now)}};
      });
}

constexpr AdminCommand kCommands[] = {{"status", status}};

}  // namespace

std::span<const AdminCommand> status_commands() { return kCommands; }

}  // namespace stipend::app
