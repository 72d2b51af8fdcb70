// The proxy as programs inside a machine learn of it. Two files of the boot's facts: `proxy.env` for logins
// (pam_env), `systemd.conf` for services (the manager's own settings). Without a proxy both are empty. Pure.
#pragma once

#include <string>

#include "hostlink/egress.hpp"

namespace stipend::host {

struct ProxyWords {
  std::string url, without;  // "http://HOST:PORT"; "a,b,c"
  bool operator==(const ProxyWords&) const = default;
};
// `gateway` and the loopback are reached without the proxy whatever is configured.
ProxyWords proxy_words(const hostlink::Egress& egress, const std::string& gateway);

std::string login_environment(const ProxyWords& proxy);    // NAME=value lines
std::string manager_environment(const ProxyWords& proxy);  // [Manager] DefaultEnvironment=…

}  // namespace stipend::host
