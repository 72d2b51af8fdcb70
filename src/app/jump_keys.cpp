#include "app/jump_keys.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

#include "api/ec2/names.hpp"
#include "base/log.hpp"
#include "control/await.hpp"
#include "net/runtime.hpp"
#include "net/url.hpp"

namespace stipend::app {
namespace {

namespace log = base::log;

constexpr std::size_t kKeyMax = 16 * 1024, kConnectionsMax = 8192, kHostsMax = 256 * 1024;
constexpr auto kLookEvery = std::chrono::seconds(1);
constexpr std::string_view kHostsHead = "127.0.0.1 localhost\n::1 localhost\n";

control::Actor jump_actor() {
  control::Actor actor;
  actor.who = "jump";
  actor.via = "ssh";
  return actor;
}

bool only(std::string_view text, std::string_view more) {
  return !text.empty() && std::ranges::all_of(text, [more](unsigned char c) { return std::isalnum(c) || more.contains(static_cast<char>(c)); });
}

}  // namespace

std::string authorized_key_line(std::string_view key, const std::vector<std::string>& names) {
  // A key that is known but opens no machine is let in and may ask for nothing: its person learns that the key is right.
  std::string line = names.empty() ? "restrict" : "restrict,port-forwarding";
  for (const auto& name : names) line += fmt::format(",permitopen=\"{}:22\"", name);
  return fmt::format("{} {}\n", line, key);
}

std::vector<std::string> ssh_names(const control::SshMachine& machine, const std::string& region, const std::string& domain) {
  api::Settings settings;
  settings.region = region;
  std::vector<std::string> names = {machine.instance.str(), machine.instance.str() + "." + domain};
  if (!machine.private_address.empty()) {
    names.push_back(machine.private_address);
    names.push_back(api::private_dns_name(settings, machine.private_address));
  }
  if (!machine.public_address.empty()) names.push_back(machine.public_address);
  return names;
}

net::HeadHandler JumpKeys::handler() {
  return [this](net::Request head) { return answer(std::move(head)); };
}

net::awaitable<net::Decision> JumpKeys::answer(net::Request head) {
  const auto peer = head.peer.unix_peer;
  if (!peer || (peer->uid != options_.user && peer->uid != 0) || head.method != "GET" || head.path() != "/keys")
    co_return net::text_response(403, "");
  const auto query = net::parse_form(head.query(), 4).value_or(net::Pairs{});
  const std::string type(net::find(query, "type").value_or("")), blob(net::find(query, "key").value_or("")),
      fingerprint(net::find(query, "fingerprint").value_or(""));
  if (!only(type, "-@.") || !only(blob, "+/=") || type.size() + blob.size() > kKeyMax || fingerprint.size() > 128)
    co_return net::text_response(400, "");
  const std::string key = type + " " + blob;
  auto found = co_await control::read<std::optional<control::SshKey>>(
      engine_, jump_actor(), [key](const domain::State& state, base::WallTime) -> base::Result<std::optional<control::SshKey>> {
        return control::find_ssh_key(state, key);
      });
  if (!found) co_return net::text_response(503, "");
  if (!*found) co_return net::text_response(200, "");
  const auto& held = **found;
  std::vector<std::string> names;
  Connection connection{{}, key, fingerprint, held.accounts, {}};
  for (const auto& machine : held.machines) {
    for (auto& name : ssh_names(machine, options_.region, options_.domain)) names.push_back(std::move(name));
    connection.addresses.insert(machine.private_address);
    if (!machine.public_address.empty()) connection.addresses.insert(machine.public_address);
  }
  name_machines(held.machines);
  note(*peer, std::move(connection));
  co_return net::text_response(200, authorized_key_line(key, names));
}

// Who asks is a child of the one process of the connection; it waits for the answer, so its parent is still that process.
void JumpKeys::note(const net::UnixPeer& peer, Connection connection) {
  const auto asking = find_process(peer.pid);
  const auto process = asking ? find_process(asking->parent) : std::nullopt;
  if (!process) return log::warn("a jump connection has no process that can be seen; it is not watched", {{"fingerprint", connection.fingerprint}});
  if (connections_.size() >= kConnectionsMax)
    std::erase_if(connections_, [](const auto& each) {
      const auto now = find_process(each.first);
      return !now || now->started != each.second.process.started;
    });
  connection.process = *process;
  connections_[process->pid] = std::move(connection);
}

// Lines are added behind those there, so a reader never sees half of two. Only a machine whose private address changed,
// which a change of [network] private alone does, or a very long file, has it written anew.
void JumpKeys::name_machines(const std::vector<control::SshMachine>& machines) {
  bool anew = hosts_text_.empty() || hosts_text_.size() > kHostsMax;
  std::string added;
  if (anew) {
    hosts_.clear();
    added = kHostsHead;
  }
  for (const auto& machine : machines) {
    auto& address = hosts_[machine.instance.str()];
    if (address == machine.private_address) continue;
    anew |= !address.empty();
    address = machine.private_address;
    added += fmt::format("{0} {1} {1}.{2} {3}\n", address, machine.instance.str(), options_.domain,
                         ssh_names(machine, options_.region, options_.domain).at(3));
  }
  if (added.empty()) return;
  if (anew && !hosts_text_.empty() && !added.starts_with(kHostsHead)) {
    hosts_text_.clear();
    hosts_.clear();
    return name_machines(machines);
  }
  const auto at = anew ? 0 : static_cast<off_t>(hosts_text_.size());
  hosts_text_ = anew ? added : hosts_text_ + added;
  if (pwrite(sockets_.hosts, added.data(), added.size(), at) != static_cast<ssize_t>(added.size()) ||
      (anew && ftruncate(sockets_.hosts, static_cast<off_t>(hosts_text_.size())) != 0))
    log::warn("the jump host's list of machines cannot be written", {{"errno", errno}});
}

net::awaitable<void> JumpKeys::watch() {
  for (;;) {
    co_await net::sleep_for(kLookEvery);
    std::erase_if(connections_, [](const auto& each) {
      const auto now = find_process(each.first);
      return !now || now->started != each.second.process.started;
    });
    if (connections_.empty()) continue;
    auto looked_at = connections_;
    const auto wrong = co_await control::read<std::vector<Process>>(
        engine_, jump_actor(), [looked_at = std::move(looked_at)](const domain::State& state, base::WallTime) -> base::Result<std::vector<Process>> {
          std::vector<Process> out;
          for (const auto& [pid, connection] : looked_at) {
            const auto held = control::find_ssh_key(state, connection.key);
            const bool foreign = std::ranges::any_of(connection.addresses, [&](const std::string& address) {
              return control::is_others_address(state, connection.accounts, address);
            });
            if (!held || held->accounts != connection.accounts || foreign) out.push_back(connection.process);
          }
          return out;
        });
    if (!wrong) continue;
    for (const auto& process : *wrong) {
      const std::string line = to_line(process);
      if (write(sockets_.end, line.data(), line.size()) != static_cast<ssize_t>(line.size())) break;  // again in a second
      log::info("ssh connection ended: its key or machines are no longer its person's", {{"process", process.pid}});
    }
  }
}

}  // namespace stipend::app
