// What the parts of people_api.cpp share.
#pragma once

#include "gateway/console_api.hpp"
#include "gateway/people_api.hpp"

namespace stipend::gateway {

inline base::Error nothing_at_this_address() { return {base::Fault::kNotFound, "NotFound", "There is nothing at this address."}; }

Json body_of(const net::Request& request);                 // an object, empty when it is none
std::string word(const Json& body, const char* name);      // "" when absent
bool truth(const Json& body, const char* name);
base::Result<Money> amount(const Json& body, const char* name, bool needed);

// Behind /class and behind /join, /go: the path without that; `who` is signed in and the CSRF token was right.
awaitable<net::Response> class_call(PeopleCall call, Who who, std::string path);
awaitable<net::Response> join_call(PeopleCall call, std::string path);
awaitable<net::Response> go_call(PeopleCall call, Who who, std::string path);
// The course's rules, for a member and for staff.
awaitable<net::Response> rules_call(PeopleCall call, Who who);
awaitable<net::Response> class_rules_call(PeopleCall call, Who who);
// Disks that the house pays.
awaitable<net::Response> house_call(PeopleCall call, Who who, bool remove);

}  // namespace stipend::gateway
