// What browsers meet: the console's pages and JSON on its own host, and each machine's Jupyter on the machine's own
// origin. Decides from a request's head; safe on several executors at once.
#pragma once

#include "gateway/credit_ports.hpp"
#include "gateway/disk_ports.hpp"
#include "gateway/files_ports.hpp"
#include "gateway/holder_cache.hpp"
#include "gateway/key_ports.hpp"
#include "gateway/origins.hpp"
#include "gateway/people_api.hpp"
#include "gateway/ports.hpp"
#include "gateway/route_cache.hpp"
#include "gateway/ssh_way.hpp"
#include "gateway/statement_ports.hpp"
#include "net/server.hpp"

namespace stipend::gateway {

struct Options {
  Origins origins;
  DiskPorts* disks = nullptr;  // none: no disks on the page
  std::uint16_t jupyter_port = 8888;
  PeoplePorts* people = nullptr;  // none: no class page, nobody joins
  SshOptions ssh = {};
  FilesPorts* files = nullptr;  // none: no files
  KeyPorts* keys = nullptr;     // none: no access keys on the page
  CreditWays* credit = nullptr;  // none: no codes and no emergency credit
  StatementPorts* statements = nullptr;  // none: no statements
};

class Gateway {
 public:
  Gateway(Ports& ports, Options options) : ports_(ports), options_(std::move(options)) {}

  // A request for the console's host: pages, assets, /api/v1.
  awaitable<net::Decision> console(net::Request head);
  // A request for a machine's origin.
  awaitable<net::Decision> machine(net::Request head, base::InstanceId instance);

  // A request that came to a port of Origins::by_port.
  awaitable<net::Decision> machine_at(net::Request head, std::uint16_t port);

  const Origins& origins() const { return options_.origins; }

 private:
  awaitable<net::Decision> enter(net::Request head, base::InstanceId instance);
  awaitable<base::Result<Route>> route(std::string pass, base::InstanceId instance);

  Ports& ports_;
  Options options_;
  RouteCache routes_;
  HolderCache holders_;
};

}  // namespace stipend::gateway
