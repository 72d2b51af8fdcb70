// The command lines of `stipend-host flows` and `stipend-host whose`.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <string>

#include "host/names.hpp"

namespace stipend::host {

struct FlowWords {
  std::string range;                             // flows
  std::int64_t days = 30, mib = 4096;
  std::string outside, to;                       // whose: addresses; empty: any
  std::int64_t outside_port = 0, to_port = 0;    // 0: any
  std::int64_t at_ms = 0, within_ms = 60'000;

  void add_to(CLI::App& flows, CLI::App& whose);
  int keep(const Names& names) const;
  int answer(const Names& names) const;  // JSON on standard output
};

}  // namespace stipend::host
