// /api/v1 about people, for pages of the console's own origin:
//   POST /join/peek, /join                        visitors: a join code
//   GET /go                                       the links of the member's course
//   GET, POST /go/CODE; GET /go/CODE/ready        members: a course link
//   POST /own-link                                members: a sign-in link for another browser
//   POST /class/members, /class/act, /class/sign-in-links, /class/member
//   POST /class/roster?credit=&digest=…           staff: the file as the body; with the preview's digest it is imported
//   GET  /class/roster.csv, /class/codes, /class/links; POST /class/codes, /class/codes/end, /class/links, /class/links/delete
//   GET, POST /class/credit-codes; POST /class/credit-codes/end
//   GET /rules                                    members: what the course allows; GET, POST /class/rules: staff
//   GET  /class/disks; POST /class/disks/delete   staff: disks that the house pays
// What people are looked for by is in bodies, never in an address.
#pragma once

#include "gateway/class_ports.hpp"
#include "gateway/guess_limit.hpp"
#include "gateway/house_ports.hpp"
#include "gateway/join_ports.hpp"
#include "gateway/origins.hpp"
#include "gateway/rules_ports.hpp"
#include "net/server.hpp"

namespace stipend::gateway {

struct PeoplePorts {
  ClassPorts& members;
  JoinPorts& coming;
  RulesPorts& rules;
  HousePorts& house;
  GuessLimit guesses;
};

struct PeopleCall {
  Ports& ports;
  PeoplePorts& people;
  const Origins& origins;
  std::uint16_t jupyter_port;
  net::Request request;
  std::string request_id, session;
};

bool is_people_path(std::string_view path);
awaitable<net::Decision> people_decision(PeopleCall call);

}  // namespace stipend::gateway
