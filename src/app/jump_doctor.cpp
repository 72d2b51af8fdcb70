#include "app/jump_doctor.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include "app/jump.hpp"
#include "net/listener.hpp"

namespace stipend::app {

void check_jump_host(const Config& config, std::vector<Finding>& out) {
  if (config.ssh_listen.empty()) return;
  const char* kCheck = "ssh";
  const auto before = out.size();
  if (find_sshd().empty())
    out.push_back({kCheck, "fail", "[ssh] listen is set, but there is no sshd", "`apt install openssh-server`; its own service may stay off"});
  if (access("/usr/bin/curl", X_OK) != 0) out.push_back({kCheck, "fail", "sshd asks the server through curl, which is not there", "`apt install curl`"});
  if (const auto user = find_jump_user(config); !user) out.push_back({kCheck, "fail", user.error().message, "`tools/setup` makes it"});
  const auto endpoint = net::parse_host_port(config.ssh_listen);
  if (!endpoint) {
    out.push_back({kCheck, "fail", endpoint.error().message, "write it like \"0.0.0.0:2222\""});
  } else if (const auto listener = net::listen(endpoint->host, endpoint->port); !listener) {
    const bool used = listener.error().code == "AddressInUse";
    out.push_back({kCheck, used ? "warn" : "fail", listener.error().message, used ? "right while this server runs; else choose another port" : "choose another address or port"});
  }
  if (out.size() == before)
    out.push_back({kCheck, "ok", fmt::format("ssh from elsewhere comes through {}", config.ssh_listen), ""});
}

}  // namespace stipend::app
