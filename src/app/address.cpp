#include "app/address.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

namespace stipend::app {

Address::Address(const Config& config, const std::string& listen) : tls_(config.tls()), by_port_(config.origin_ports()) {
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

std::string Address::machine_origin(const base::InstanceId& instance, std::uint16_t port) const {
  if (by_port_) return fmt::format("https://{}:{}", name_, port);
  return fmt::format("{}://{}.{}{}", tls_ ? "https" : "http", instance.view(), domain_, port_);
}

std::vector<std::string> Address::console_hosts() const {
  std::vector<std::string> hosts = {name_};
  for (const std::string host : {"localhost", "127.0.0.1", "[::1]"})
    if (host != name_) hosts.push_back(host);
  if (bound_ != "0.0.0.0" && bound_ != "[::]" && std::ranges::find(hosts, bound_) == hosts.end()) hosts.push_back(bound_);
  return hosts;
}

namespace {

std::string wrong_acme(const Config& config) {
  if (!config.tls_certificate.empty() || !config.tls_key.empty())
    return "[acme] directory and [server] tls_certificate are both set: the certificate comes from one of them; clear the other";
  if (config.name.empty()) return "[acme] needs [server] name, the DNS name the certificate is for, like \"stipend.example.edu\"";
  if (config.acme_email.empty()) return "[acme] needs email: the authority writes there when something is wrong";
  if (!config.acme_accept_terms)
    return fmt::format("[acme] needs accept_terms = true: read the terms of service of {} first", config.acme_directory);
  if (config.acme_method == "http-01" && config.http_listen.empty())
    return "[acme] method \"http-01\" needs [server] http_listen = \"0.0.0.0:80\": the authority asks there";
  if (config.acme_method == "dns-01" && config.acme_dns_provider.empty())
    return "[acme] method \"dns-01\" needs dns_provider: who sets the DNS record, as `lego dnshelp` names it";
  return "";
}

}  // namespace

std::string wrong_address(const Config& config, bool reachable_by_others) {
  if (config.tls_certificate.empty() != config.tls_key.empty())
    return fmt::format("[server] {} is set but {} is not: TLS needs both", config.tls_key.empty() ? "tls_certificate" : "tls_key",
                       config.tls_key.empty() ? "tls_key" : "tls_certificate");
  if (config.acme())
    if (auto wrong = wrong_acme(config); !wrong.empty()) return wrong;
  if (!config.machine_ports.empty() && !config.tls())
    return "[server] machine_ports needs TLS: set tls_certificate and tls_key, or [acme]";
  if (const auto ports = config.origin_ports())
    for (const auto& listen : {config.listen, config.http_listen})
      if (const auto colon = listen.rfind(':'); colon != std::string::npos && ports->contains(static_cast<std::uint16_t>(std::atoi(listen.c_str() + colon + 1))))
        return fmt::format("[server] machine_ports {}-{} has the server's own port of {} in it", ports->first, ports->last, listen);
  if (!config.http_listen.empty() && !config.tls())
    return "[server] http_listen leads to https, and there is none: set tls_certificate and tls_key, or [acme]; or use listen";
  if (!reachable_by_others) return "";
  if (!config.tls() && !config.insecure_http)
    return fmt::format("{} is reachable from other computers, and private keys would travel in clear; set [server] "
                       "tls_certificate and tls_key or [acme], listen on 127.0.0.1, or pass --insecure-http if the network is yours alone",
                       config.listen);
  if (config.tls() && config.name.empty())
    return fmt::format("{} is reachable from other computers: set [server] name to the DNS name they use, like "
                       "\"stipend.example.edu\"; notebooks are at names below it",
                       config.listen);
  return "";
}

}  // namespace stipend::app
