// The address of this server as people type it: the one place that knows scheme, name and port of the console, the
// AWS endpoint and the machines' own origins. Pure.
#pragma once

#include <string>
#include <vector>

#include "app/config.hpp"
#include "base/ids.hpp"

namespace stipend::app {

class Address {
 public:
  // `listen` is what is bound, ADDR:PORT. Without [server] name, loopback and "all addresses" are localhost to the person
  // at this computer.
  Address(const Config& config, const std::string& listen);

  bool tls() const { return tls_; }
  // "https://stipend.example.edu"; the scheme's usual port is left out.
  std::string origin() const;
  // `port` is the machine's own where by_port().
  std::string machine_origin(const base::InstanceId& instance, std::uint16_t port = 0) const;
  // Machines are ports of the server's name, not names below it.
  const std::optional<base::PortRange>& by_port() const { return by_port_; }
  // ":8443", or "" for the scheme's usual one.
  const std::string& port() const { return port_; }
  // Machines are i-….DOMAIN.
  const std::string& machines_domain() const { return domain_; }
  // Host names of the console, the one that people type first.
  std::vector<std::string> console_hosts() const;

 private:
  bool tls_;
  std::optional<base::PortRange> by_port_;
  std::string bound_, name_, domain_, port_;  // port_ with its colon, or ""
};

// Empty, or what is wrong with the settings of name and certificate, and the cure.
std::string wrong_address(const Config& config, bool reachable_by_others);

}  // namespace stipend::app
