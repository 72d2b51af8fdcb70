#include "gateway/entrance.hpp"

namespace stipend::gateway {

awaitable<base::Result<std::string>> entrance(Ports& ports, const Origins& origins, std::string session, std::string console_host,
                                              base::InstanceId instance) {
  const auto ticket = co_await ports.make_ticket(std::move(session), instance);
  if (!ticket) co_return std::unexpected(ticket.error());
  std::uint16_t port = 0;
  if (origins.by_port) {
    const auto given = co_await ports.origin_port(instance);
    if (!given) co_return std::unexpected(given.error());
    port = *given;
  }
  co_return machine_origin(origins, console_host, instance, port) + "/.stipend/enter?ticket=" + *ticket;
}

}  // namespace stipend::gateway
