#include "app/address.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace stipend::app {

Address::Address(const Config& config, const std::string& listen) : tls_(!config.tls_certificate.empty()) {
  const auto colon = listen.rfind(':');
  bound_ = listen.substr(0, colon);
  port_ = listen.substr(colon);
  if (port_ == (tls_ ? ":443" : ":80")) port_.clear();
  const bool local = bound_.starts_with("127.") || bound_ == "0.0.0.0" || bound_ == "[::1]" || bound_ == "[::]";
  name_ = !config.name.empty() ? config.name : local ? "localhost" : bound_;
  domain_ = config.name.empty() ? "localhost" : config.name;
}

std::string Address::origin() const {
  return fmt::format("{}://{}{}", tls_ ? "https" : "http", name_, port_);
}

std::string Address::machine_origin(const base::InstanceId& instance) const {
  return fmt::format("{}://{}.{}{}", tls_ ? "https" : "http", instance.view(), domain_, port_);
}

std::vector<std::string> Address::console_hosts() const {
  std::vector<std::string> hosts = {name_};
  for (const std::string host : {"localhost", "127.0.0.1", "[::1]"})
    if (host != name_) hosts.push_back(host);
  if (bound_ != "0.0.0.0" && bound_ != "[::]" && std::ranges::find(hosts, bound_) == hosts.end()) hosts.push_back(bound_);
  return hosts;
}

std::string wrong_address(const Config& config, bool reachable_by_others) {
  if (config.tls_certificate.empty() != config.tls_key.empty())
    return fmt::format("[server] {} is set but {} is not: TLS needs both", config.tls_key.empty() ? "tls_certificate" : "tls_key",
                       config.tls_key.empty() ? "tls_key" : "tls_certificate");
  if (!reachable_by_others) return "";
  if (config.tls_certificate.empty() && !config.insecure_http)
    return fmt::format("{} is reachable from other computers, and private keys would travel in clear; set [server] "
                       "tls_certificate and tls_key, listen on 127.0.0.1, or pass --insecure-http if the network is yours alone",
                       config.listen);
  if (!config.tls_certificate.empty() && config.name.empty())
    return fmt::format("{} is reachable from other computers: set [server] name to the DNS name they use, like "
                       "\"stipend.example.edu\"; notebooks are at names below it",
                       config.listen);
  return "";
}

}  // namespace stipend::app
