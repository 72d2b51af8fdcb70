// The one HTTP port: which part of the server a request is for, by its Host and then by what AWS clients send.
#pragma once

#include <functional>
#include <string>

#include "gateway/gateway.hpp"
#include "net/server.hpp"

namespace stipend::app {

struct Health {
  std::function<std::string()> degraded;  // "" or why the server cannot write
  std::function<std::string()> metrics;   // Prometheus text
};

// Unknown Host: 421. On the console's host `ssh` gets its one path, `aws` what an AWS client sent; everything else there
// is the console's.
net::HeadHandler dispatch(gateway::Gateway& gateway, net::HeadHandler aws, Health health, net::HeadHandler ssh);

// Pure: does this look like an AWS client's request (signed, or a query with Action)?
bool is_aws_request(const net::Request& head);

}  // namespace stipend::app
