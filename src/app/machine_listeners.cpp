#include "app/machine_listeners.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include "base/log.hpp"

namespace stipend::app {
namespace {

constexpr int kPauses = 30, kPauseUs = 100'000;  // a predecessor that was killed a moment ago may still hold them all

std::string in_words(const std::set<std::uint16_t>& ports) {
  std::string out;
  for (const auto port : ports) {
    if (out.size() > 100) return out + ", …";
    out += (out.empty() ? "" : ", ") + std::to_string(port);
  }
  return out;
}

}  // namespace

base::Result<MachineListeners> bind_machine_ports(const std::string& listen, base::PortRange range) {
  TRY_ASSIGN(const auto endpoint, net::parse_host_port(listen));
  MachineListeners out;
  for (int number = range.first, pauses = 0; number <= range.last;) {
    const auto port = static_cast<std::uint16_t>(number);
    auto made = net::listen(endpoint.host, port);
    if (made) {
      out.bound.push_back(std::move(*made));
    } else if (made.error().code != "AddressInUse") {
      return std::unexpected(made.error());
    } else if (out.bound.empty() && pauses++ < kPauses) {
      usleep(kPauseUs);
      continue;
    } else {
      out.unusable.insert(port);
    }
    ++number;
  }
  if (out.bound.empty())
    return base::fail(base::Fault::kConflict, "AddressInUse",
                      fmt::format("every port of [server] machine_ports {}-{} is in use by other programs: choose others", range.first, range.last));
  if (!out.unusable.empty())
    base::log::warn("ports of [server] machine_ports are in use by other programs; machines do without them", {{"ports", in_words(out.unusable)}});
  return out;
}

}  // namespace stipend::app
