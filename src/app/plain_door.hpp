// The plain HTTP port beside TLS ([server] http_listen): leads browsers to https, shows a certificate authority the answers
// to its challenges, and serves nothing else.
#pragma once

#include <functional>
#include <string>

#include "app/address.hpp"
#include "gateway/origins.hpp"
#include "net/server.hpp"

namespace stipend::app {

struct PlainDoor {
  Address address;
  gateway::Origins origins;
  std::string challenges;                  // folder of the answers; "": none
  std::function<bool()> has_certificate;   // until then nobody is led anywhere
};

// Few, short and soon over: nobody has a reason to stay.
net::Limits plain_limits();
net::HeadHandler plain_handler(PlainDoor door);

// A token's answer out of the folder; nullopt: no such token. Never leaves the folder, never follows a link.
std::optional<std::string> challenge_answer(const std::string& folder, std::string_view token);

}  // namespace stipend::app
