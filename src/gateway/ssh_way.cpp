#include "gateway/ssh_way.hpp"

#include <fmt/format.h>

#include <cctype>

namespace stipend::gateway {
namespace {

constexpr std::string_view kLogin = "ubuntu";  // of every image

// Where a browser or a person would have put the key pair's private half; nothing in it that a shell would read.
std::string key_file(const std::string& key_name) {
  std::string name;
  for (const unsigned char c : key_name) name += std::isalnum(c) || c == '.' || c == '_' || c == '-' ? static_cast<char>(c) : '_';
  if (name.empty() || name[0] == '-') name = "key" + name;
  return name.ends_with(".pem") ? name : name + ".pem";
}

// The console's name as this person typed it, without port.
std::string host_of(const Origins& origins, std::string_view host_header) {
  const auto close = host_header.rfind(']'), colon = host_header.rfind(':');
  const bool port = colon != std::string_view::npos && (close == std::string_view::npos || colon > close);
  auto host = std::string(port ? host_header.substr(0, colon) : host_header);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  return host.empty() ? origins.console_hosts.front() : host;
}

void jump_words(Json& out, const SshOptions& options, const std::string& host, const std::string& key, const std::string& id) {
  const auto jump = fmt::format("{}@{}", options.jump_user, host);
  // ssh's -J takes no key for the jump host from the command line, so one line needs the long form.
  out["line"] = fmt::format("ssh -i {0} -o ProxyCommand=\"ssh -i {0} -p {1} -W %h:%p {2}\" {3}@{4}", key, options.jump_port, jump, kLogin, id);
  out["config"] = fmt::format("Host i-*\n  User {}\n  IdentityFile ~/{}\n  ProxyJump {}:{}\nHost {}\n  IdentityFile ~/{}\n", kLogin, key, jump,
                              options.jump_port, host, key);
}

}  // namespace

Json ssh_words(SshWay way, const Origins& origins, const SshOptions& options, std::string_view host_header, const InstanceView& machine) {
  constexpr const char* kNames[] = {"here", "jump", "https"};
  Json out{{"way", kNames[static_cast<int>(way)]}, {"key_name", machine.key_name}, {"problem", nullptr},
           {"line", nullptr}, {"config", nullptr}, {"script", nullptr}};
  if (machine.state != "running") {
    out["problem"] = "This machine does not run. Start it first.";
    return out;
  }
  if (machine.key_name.empty()) {
    out["problem"] = machine.jupyter ? "This machine was launched without a key pair, so ssh lets nobody in. Open Jupyter has a terminal; for ssh launch "
                                       "a machine with a key pair."
                                     : "This machine was launched without a key pair, so ssh lets nobody in. Launch one with a key pair.";
    return out;
  }
  const auto key = key_file(machine.key_name), id = machine.id.str(), host = host_of(origins, host_header);
  if (way == SshWay::kHere) {
    out["line"] = fmt::format("ssh -i {} {}@{}", key, kLogin, machine.public_address);
  } else if (way == SshWay::kJump) {
    jump_words(out, options, host, key, id);
  } else {
    const auto endpoint = fmt::format("{}://{}", origins.scheme(), host_header);
    out["line"] = fmt::format("python3 stipend-ssh.py --endpoint {} {} -i {}", endpoint, id, key);
    out["config"] = fmt::format("Host i-*\n  User {}\n  IdentityFile ~/{}\n  ProxyCommand python3 ~/stipend-ssh.py --endpoint {} --proxy %h\n",
                                kLogin, key, endpoint);
    out["script"] = "/assets/stipend-ssh.py";
  }
  return out;
}

SshWay ssh_way(const SshOptions& options, const net::Request& request) {
  if (request.query() == "way=https") return SshWay::kHttps;
  if (request.peer.loopback) return SshWay::kHere;
  return options.jump_port != 0 ? SshWay::kJump : SshWay::kHttps;
}

}  // namespace stipend::gateway
