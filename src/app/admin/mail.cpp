// The outbox: what waits, what was delivered, what was given up.
#include <algorithm>

#include "app/admin/admin.hpp"
#include "control/await.hpp"
#include "control/commands/mails.hpp"

namespace stipend::app {
namespace {

using boost::asio::awaitable;

constexpr std::size_t kMailsMost = 500;  // the newest

const char* word(domain::MailState state) {
  switch (state) {
    case domain::MailState::kWaiting: return "waiting";
    case domain::MailState::kSent: return "sent";
    case domain::MailState::kFailed: return "failed";
  }
  return "";
}

Json to_json(const domain::Mail& mail) {
  const bool waits = mail.state == domain::MailState::kWaiting;
  return {{"mail_id", mail.id},
          {"account_id", mail.account.str()},
          {"to", mail.to},
          {"subject", mail.subject},
          {"about", mail.about},
          {"state", word(mail.state)},
          {"tries", mail.tries},
          {"created", base::to_iso8601(mail.created)},
          {"next_try", waits && mail.tries > 0 ? Json(base::to_iso8601(mail.next_try)) : Json(nullptr)},
          {"error", mail.error}};
}

awaitable<JsonResult> list(AdminContext& context, control::Actor actor, Json arguments) {
  const auto wanted = text_or(arguments, "state", "");
  if (!wanted.empty() && wanted != "waiting" && wanted != "sent" && wanted != "failed")
    co_return base::fail(base::Fault::kInvalid, "InvalidArgument", "state is waiting, sent or failed");
  co_return co_await control::read<Json>(
      context.engine(), std::move(actor), [wanted, configured = context.mail_configured](const domain::State& state, base::WallTime) -> JsonResult {
        Json mails = Json::array();
        for (auto at = state.mails.rbegin(); at != state.mails.rend(); ++at)
          if (mails.size() < kMailsMost && (wanted.empty() || wanted == word(at->second->state))) mails.push_back(to_json(*at->second));
        return Json{{"smtp_configured", configured}, {"waiting", control::count_mails(state).waiting}, {"mails", std::move(mails)}};
      });
}

constexpr AdminCommand kCommands[] = {{"mail.list", list}};

}  // namespace

std::span<const AdminCommand> mail_commands() { return kCommands; }

}  // namespace stipend::app
