// What the configured proxy's name stands for, asked again and again in a child: a name server that does not answer
// must not keep anything waiting. One thread (it forks).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "host/address.hpp"
#include "host/spawn.hpp"

namespace stipend::host {

// Without what machines never reach: the host itself, other machines, loopback, link-local, multicast. Pure.
std::vector<std::uint32_t> reachable(std::vector<std::uint32_t> addresses, const std::vector<Cidr>& never);
// The host's own addresses, as ranges of one.
std::vector<Cidr> own_addresses();

class ProxyFinder {
 public:
  explicit ProxyFinder(std::string host) : host_(std::move(host)) {}  // empty: there is none
  // Every second: addresses when an answer has come (sorted, at most 16; none when the name is not known now).
  std::optional<std::vector<std::uint32_t>> tick(std::int64_t now_ms);
  // At the start: the same, waiting at most so long for a name server.
  std::optional<std::vector<std::uint32_t>> wait(int ms);

 private:
  void ask(std::int64_t now_ms);
  std::string host_;
  Child child_;
  Fd reader_;
  std::int64_t next_ms_ = 0;
};

}  // namespace stipend::host
