// What keeps machines apart whose origins are ports of one host name. A browser keeps ports apart for pages and their
// storage, but not for cookies: each page's script may set and read those of the whole host. So a machine gets and sets
// only cookies that are sealed here: named after the machine, out of every script's reach, and with a mark that only this
// server can make; all others stay outside. And a port may one day be another machine's, so that nothing of this one may
// wait in a browser: no cached file without asking, no service worker, no report. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/ids.hpp"
#include "net/http.hpp"

namespace stipend::gateway {

struct Seal {
  base::InstanceId instance;
  std::string secret;  // known to this server and the machine; empty: no cookie passes
};

// A request that no page of ours needs and that would outlive the machine: 403.
std::optional<net::Response> refuse_on_shared_host(const net::Request& request);
// A request on its way to the machine: its own cookies and validators as it knows them, no others.
void unseal_request(net::Headers& headers, const Seal& seal);
// An answer on its way to the browser.
void seal_answer(net::Headers& headers, const Seal& seal);
// The answer that lets a browser in; `fresh`: it had no pass for this machine, so what it keeps is an earlier one's.
void enter_on_shared_host(net::Headers& headers, bool fresh);

// Pieces, for tests. nullopt: not ours, or not fit.
std::optional<std::string> sealed_set_cookie(std::string_view set_cookie, const Seal& seal);
std::optional<std::string> unsealed_cookie(std::string_view pair, const Seal& seal);

}  // namespace stipend::gateway
