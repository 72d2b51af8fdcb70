// The operator's commands as the server answers them: JSON in, JSON out, over the admin socket. The command line
// (cli/) is their only client; peers are root or the server's group (checked on the socket), and every command that
// changes something is audited with the peer's uid.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <string_view>

#include "app/address.hpp"
#include "app/certificate_news.hpp"
#include "base/ids.hpp"
#include "control/commands/origin_ports.hpp"
#include "control/service.hpp"
#include "control/vault.hpp"

namespace stipend::app {

using Json = nlohmann::ordered_json;
using JsonResult = base::Result<Json>;

class LedgerVerifier;
class NightlyCopies;

struct AdminContext {
  control::Service& service;
  const control::Vault& vault;
  std::string images;     // folder of sealed images
  Address address;        // as people type it
  std::string listen;     // what is bound, "127.0.0.1:8080"
  std::string region;
  const CertificateNews& certificate;
  NightlyCopies& copies;
  control::OriginPorts origin_ports;  // used where address.by_port()
  LedgerVerifier& ledger;
  bool mail_configured = false;  // there is an SMTP server to deliver to

  control::Engine& engine() const { return service.engine(); }
};

using AdminHandler = boost::asio::awaitable<JsonResult> (*)(AdminContext& context, control::Actor actor, Json arguments);

struct AdminCommand {
  std::string_view name;  // "course.create"
  AdminHandler handler;
};

// One list a file in admin/, joined in admin.cpp.
std::span<const AdminCommand> course_commands();
std::span<const AdminCommand> account_commands();
std::span<const AdminCommand> people_commands();
std::span<const AdminCommand> roster_commands();
std::span<const AdminCommand> money_commands();
std::span<const AdminCommand> credit_code_commands();
std::span<const AdminCommand> image_commands();
std::span<const AdminCommand> instance_commands();
std::span<const AdminCommand> copy_commands();
std::span<const AdminCommand> room_commands();
std::span<const AdminCommand> policy_commands();
std::span<const AdminCommand> status_commands();
std::span<const AdminCommand> whose_commands();
std::span<const AdminCommand> disk_commands();
std::span<const AdminCommand> statement_commands();
std::span<const AdminCommand> forecast_commands();
std::span<const AdminCommand> price_commands();
std::span<const AdminCommand> outage_commands();
std::span<const AdminCommand> mail_commands();

// Unknown command: NotFound. Missing or ill-typed arguments: Invalid, by name.
boost::asio::awaitable<JsonResult> admin_call(AdminContext& context, control::Actor actor, std::string name, Json arguments);

// Arguments by name.
base::Result<std::string> text(const Json& arguments, const char* name);
std::string text_or(const Json& arguments, const char* name, std::string fallback);
base::Result<std::int64_t> whole_number(const Json& arguments, const char* name, std::int64_t fallback);
bool flag(const Json& arguments, const char* name);
base::Result<base::Money> money(const Json& arguments, const char* name);
template <class Id>
base::Result<Id> id(const Json& arguments, const char* name) {
  TRY_ASSIGN(const std::string value, text(arguments, name));
  if (auto parsed = Id::parse(value)) return parsed;
  const std::string what = name;
  return base::fail(base::Fault::kInvalid, "InvalidId",
                    "that is not the id of an " + what + ": `stipend " + what + " list` shows them");
}

// Registers every sealed image of the folder; the number it found.
boost::asio::awaitable<base::Result<int>> scan_images(AdminContext& context, control::Actor actor);

}  // namespace stipend::app
