// What machines may reach outside, as the administrator configured it ([network] of stipend.toml), and its grammar:
// the server's side checks it when it reads the file, stipend-host once more before it makes rules of it. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/ipv4.hpp"
#include "base/result.hpp"

namespace stipend::hostlink {

struct Egress {
  std::string proxy;                         // "http://HOST:PORT"; empty: none
  std::vector<std::string> no_proxy;         // names and addresses that are reached without it
  bool direct = true;                        // the public internet, by address translation
  std::vector<std::string> allow;            // "A.B.C.D[/N][:PORT[-PORT]]": opened although private
  std::int64_t connections = 4096;           // of one machine at a time
  std::int64_t connections_per_second = 100; // new ones of one machine, lasting; five seconds' worth at once
  std::int64_t rate_mbit = 200;              // of one machine, each direction; 0: as fast as the host
  std::int64_t flow_log_days = 30;           // how long it is known whose a connection was; 0: no log
  std::int64_t flow_log_mib = 4096;          // the most the log may have
  bool operator==(const Egress&) const = default;
};

inline constexpr std::size_t kMaxOpenings = 32, kMaxNoProxy = 32;

struct Proxy {
  std::string host;  // a DNS name, or a dotted quad
  std::uint16_t port = 0;
  bool operator==(const Proxy&) const = default;
};
// kInvalid in words that say what is wrong. No user and password: every machine's user could read them.
base::Result<Proxy> parse_proxy(std::string_view url);

struct Opening {
  base::Cidr to;
  std::uint16_t first_port = 0, last_port = 0;  // 0: every port
  bool operator==(const Opening&) const = default;
};
base::Result<Opening> parse_opening(std::string_view text);

base::Status check_no_proxy(std::string_view name);  // a name, ".example.edu" or an address

// All of it, also what only makes sense together.
base::Status check(const Egress& egress);

// One line of JSON, for the command line of stipend-host. decode_egress() checks.
std::string encode(const Egress& egress);
base::Result<Egress> decode_egress(std::string_view text);

}  // namespace stipend::hostlink
