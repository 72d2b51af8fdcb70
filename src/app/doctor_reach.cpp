#include "app/doctor_reach.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <ifaddrs.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <set>

#include "app/acme.hpp"
#include "app/address.hpp"
#include "app/cli/client.hpp"
#include "net/listener.hpp"
#include "net/tls.hpp"

namespace stipend::app {
namespace {

const std::string kSomeMachine = "i-00000000000000000.";

std::string text_of(const sockaddr* address) {
  char text[INET6_ADDRSTRLEN] = {};
  if (address->sa_family == AF_INET) inet_ntop(AF_INET, &reinterpret_cast<const sockaddr_in*>(address)->sin_addr, text, sizeof text);
  if (address->sa_family == AF_INET6) inet_ntop(AF_INET6, &reinterpret_cast<const sockaddr_in6*>(address)->sin6_addr, text, sizeof text);
  return text;
}

std::vector<std::string> resolve(const std::string& name) {
  addrinfo hints{}, *found = nullptr;
  hints.ai_socktype = SOCK_STREAM;
  std::vector<std::string> out;
  if (getaddrinfo(name.c_str(), nullptr, &hints, &found) == 0)
    for (const auto* each = found; each; each = each->ai_next) out.push_back(text_of(each->ai_addr));
  if (found) freeaddrinfo(found);
  return out;
}

std::set<std::string> own_addresses() {
  std::set<std::string> out;
  ifaddrs* all = nullptr;
  if (getifaddrs(&all) != 0) return out;
  for (const auto* each = all; each; each = each->ifa_next)
    if (each->ifa_addr) out.insert(text_of(each->ifa_addr));
  freeifaddrs(all);
  return out;
}

// The address this computer has towards others; nothing is sent for it.
std::string outward_address() {
  const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  sockaddr_in far{}, own{};
  far.sin_family = AF_INET;
  far.sin_port = htons(53);
  inet_pton(AF_INET, "192.0.2.1", &far.sin_addr);
  socklen_t size = sizeof own;
  const bool known = connect(fd, reinterpret_cast<sockaddr*>(&far), sizeof far) == 0 && getsockname(fd, reinterpret_cast<sockaddr*>(&own), &size) == 0;
  close(fd);
  return known ? text_of(reinterpret_cast<sockaddr*>(&own)) : "";
}

std::string port_of(const std::string& listen) { return listen.substr(listen.rfind(':') + 1); }

void check_names(const Config& config, std::vector<Finding>& out) {
  if (config.name.empty()) {
    if (!resolve(kSomeMachine + "localhost").empty()) out.push_back({"names", "ok", "names below localhost resolve for every program", ""});
    else out.push_back({"names", "warn", "names like i-0123.localhost resolve in browsers and curl only", "`apt install libnss-myhostname`"});
    return;
  }
  const auto& name = config.name;
  const bool by_port = config.origin_ports().has_value();
  const auto addresses = resolve(name);
  const bool wildcard = !resolve(kSomeMachine + name).empty();
  if (addresses.empty()) {
    out.push_back({"names", "fail", fmt::format("no DNS server knows {}", name),
                   by_port ? fmt::format("ask the network people for a record `{}` with this computer's address", name)
                           : fmt::format("ask the network people for two records with this computer's address: `{0}` and `*.{0}`", name)});
    return;
  }
  if (!by_port && !wildcard) {
    out.push_back({"names", "fail", fmt::format("names below {} do not resolve, and each notebook has one", name),
                   fmt::format("ask the network people for a wildcard record `*.{}` with this computer's address; where it is refused, set [server] "
                               "machine_ports = \"30000-30999\": each notebook is then a port of {}",
                               name, name)});
    return;
  }
  if (by_port) out.push_back({"names", "ok", fmt::format("{} resolves; notebooks are at ports of it{}", name,
                                                         wildcard ? fmt::format(", though *.{} resolves, which keeps machines apart better: with a certificate for it, machine_ports is not needed", name) : ""),
                              ""});
  else out.push_back({"names", "ok", fmt::format("{} and names below it resolve; each notebook has a name of its own", name), ""});
  const auto own = own_addresses();
  if (std::ranges::none_of(addresses, [&](const std::string& each) { return own.contains(each); }))
    out.push_back({"address", "warn", fmt::format("{} leads to {}, which is no address of this computer", name, addresses.front()),
                   "right behind NAT, when its ports are forwarded to this computer; else correct the record"});
}

void judge(const net::TlsContext& certificate, const Config& config, const std::string& called, std::vector<Finding>& out) {
  const std::string name = config.name.empty() ? "localhost" : config.name;
  const bool by_port = config.origin_ports().has_value();
  const int days = certificate.days_left();
  if (!certificate.covers(name))
    out.push_back({"certificate", "fail", fmt::format("{} is not for {}", called, name),
                   by_port ? fmt::format("order one for `{}`", name)
                           : fmt::format("order one for the two names `{0}` and `*.{0}`: browsers refuse notebooks without the second", name)});
  else if (!by_port && !certificate.covers(kSomeMachine + name))
    out.push_back({"certificate", "fail", fmt::format("{} is not for *.{}", called, name),
                   fmt::format("order one for the two names `{0}` and `*.{0}`, or set [server] machine_ports = \"30000-30999\": notebooks are then ports of "
                               "{0} and this certificate will do",
                               name)});
  else if (days < (config.acme() ? 7 : 14))
    out.push_back({"certificate", days < 0 ? "fail" : "warn",
                   days < 0 ? "the certificate has expired" : fmt::format("the certificate expires in {} day{}", days, days == 1 ? "" : "s"),
                   config.acme() ? "look at `stipend status`: the authority has refused to renew it"
                                 : "renew it: the running server takes up the new files by itself"});
  else
    out.push_back({"certificate", "ok", fmt::format("the certificate is for {}{}, {} days more", name, by_port ? "" : " and *." + name, days), ""});
}

void check_certificate(const Config& config, std::vector<Finding>& out) {
  if (const auto wrong = wrong_address(config, false); !wrong.empty()) {
    out.push_back({"certificate", "fail", wrong, "correct the configuration file; docs/reach.md shows one"});
    return;
  }
  if (config.tls_certificate.empty()) return;
  const auto loaded = net::TlsContext::load(config.tls_certificate, config.tls_key);
  if (loaded) judge(**loaded, config, config.tls_certificate, out);
  else out.push_back({"certificate", "fail", loaded.error().message, "both files are read as root when the server starts"});
}

void check_acme(const Paths& paths, const Config& config, const Json* served, std::vector<Finding>& out) {
  if (!config.acme() || !wrong_address(config, false).empty()) return;
  if (geteuid() != 0) {
    out.push_back({"acme", "warn", "not run as root: what the ACME client needs was not looked at", "`sudo stipend doctor`"});
    return;
  }
  Acme acme(config, {paths.acme_folder, paths.challenges}, 0);
  if (const auto ready = acme.prepare(); !ready) {
    out.push_back({"acme", "fail", ready.error().message, "the server does not start without it"});
    return;
  }
  const auto files = acme.files();
  const auto kept = net::TlsContext::load(files.certificate, files.key);
  if (kept) judge(**kept, config, files.certificate, out);
  const auto state = served ? served->value("certificate", Json()).value("acme", Json()) : Json();
  if (state.is_object() && state.value("state", "") == "failed")
    out.push_back({"acme", kept ? "warn" : "fail", fmt::format("{} asked {} times in vain: {}", config.acme_directory, state.value("failures", 0), escape_controls(state.value("error", ""))),
                   config.acme_method == "http-01" ? fmt::format("port 80 of {} must lead here from everywhere; SIGHUP to the server asks again at once", config.name)
                                                   : "the DNS provider's settings in [acme]; SIGHUP to the server asks again at once"});
  else if (!kept && served) out.push_back({"acme", "warn", "the authority is being asked for the first certificate", "wait a minute, then look at `stipend status`"});
  else if (!kept) out.push_back({"acme", "ok", fmt::format("the server asks {} for a certificate when it starts ({})", config.acme_directory, config.acme_method), ""});
  else out.push_back({"acme", "ok", fmt::format("{} renews the certificate when a third of its life is left ({})", config.acme_directory, config.acme_method), ""});
}

// Bound by our server, or free for it.
void check_port(const std::string& check, const std::string& listen, bool served, std::vector<Finding>& out) {
  const auto endpoint = net::parse_host_port(listen);
  if (!endpoint) {
    out.push_back({check, "fail", endpoint.error().message, "correct it in the configuration file"});
    return;
  }
  const auto made = net::listen(endpoint->host, endpoint->port);
  if (served && !made && made.error().code == "AddressInUse") out.push_back({check, "ok", listen + " is the running server's", ""});
  else if (made) out.push_back({check, "ok", listen + " is free for the server", ""});
  else if (made.error().code == "PortNotPermitted" && geteuid() != 0) out.push_back({check, "warn", listen + " was not tried without root", "`sudo stipend doctor`"});
  else out.push_back({check, "fail", made.error().message, "free it, or change the configuration file"});
}

void check_ports(const Config& config, bool served, std::vector<Finding>& out) {
  if (!config.name.empty() || config.tls()) check_port("port", config.listen, served, out);
  if (!config.http_listen.empty()) check_port("http port", config.http_listen, served, out);
  const auto range = config.origin_ports();
  const auto endpoint = net::parse_host_port(config.listen);
  if (!range || !endpoint || served) return;
  int taken = 0;
  for (int port = range->first; port <= range->last; ++port) taken += !net::listen(endpoint->host, static_cast<std::uint16_t>(port));
  const auto text = fmt::format("{}-{}", range->first, range->last);
  if (taken == 0) out.push_back({"machine ports", "ok", text + " are free for machines", ""});
  else out.push_back({"machine ports", taken == range->last - range->first + 1 ? "fail" : "warn", fmt::format("{} of the ports {} are in use by other programs", taken, text),
                      "machines do without them; choose another [server] machine_ports if too few are left"});
}

}  // namespace

std::string network_request(const Config& config, const std::string& address) {
  const auto range = config.origin_ports();
  std::vector<std::string> wanted = {port_of(config.listen)};
  for (const auto& listen : {config.http_listen, config.ssh_listen})
    if (!listen.empty()) wanted.push_back(port_of(listen));
  if (range) wanted.push_back(fmt::format("{}-{}", range->first, range->last));
  const bool several = wanted.size() > 1;
  std::string ports = wanted.front();
  for (std::size_t i = 1; i < wanted.size(); ++i) ports += (i + 1 == wanted.size() ? " and " : ", ") + wanted[i];
  std::string out = fmt::format("Please set {} to {}, and let TCP port{} {} through to it from wherever students are",
                                range ? fmt::format("a DNS record for {}", config.name) : fmt::format("two DNS records, for {0} and for *.{0} (a wildcard),", config.name),
                                address.empty() ? "our server's address" : address, several ? "s" : "", ports);
  if (config.acme() && config.acme_method == "http-01") out += "; port 80 also from the whole Internet, for the certificate";
  if (config.acme() && config.acme_method == "dns-01") out += fmt::format("; for the certificate we need to be able to set the TXT record _acme-challenge.{}", config.name);
  if (!range) out += fmt::format(". If a wildcard is not possible: one record for {}, and TCP ports 30000-30999 besides", config.name);
  return out + ".";
}

void check_reach(const Paths& paths, const Config& config, std::vector<Finding>& out) {
  const auto served = ask_server(paths, "status");
  check_names(config, out);
  check_certificate(config, out);
  check_acme(paths, config, served ? &*served : nullptr, out);
  check_ports(config, served.has_value(), out);
  if (!config.name.empty()) out.push_back({"to ask", "ok", "the network people: “" + network_request(config, outward_address()) + "”", ""});
}

}  // namespace stipend::app
