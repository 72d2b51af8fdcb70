#include "app/config.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <functional>
#include <variant>

#define TOML_EXCEPTIONS 1
#include <toml++/toml.h>

#include "base/dns.hpp"
#include "control/commands/mails.hpp"
#include "net/listener.hpp"

namespace stipend::app {
namespace {

using Member = std::variant<std::string Config::*, std::int64_t Config::*, bool Config::*, std::vector<std::string> Config::*>;
using Check = std::function<std::string(const Config&)>;  // what is wrong, or ""

struct Row {
  std::string_view section, name;
  Member member;
  std::string_view what;
  Check check = {};
};

std::string one_of(const std::string& value, std::initializer_list<std::string_view> allowed) {
  std::string list;
  for (const auto word : allowed) {
    if (value == word) return "";
    list += fmt::format("{}\"{}\"", list.empty() ? "" : ", ", word);
  }
  return "must be one of " + list;
}

// The rest of [network] is at its defaults or was found good before.
std::string egress_fault(const Config& c) {
  const auto good = hostlink::check(c);
  if (good) return "";
  const auto& said = good.error().message;  // "[network] KEY …": the caller names it too
  return said.substr(said.find(' ', said.find(' ') + 1) + 1);
}

std::string fake_size(std::int64_t mib) { return mib >= 1 && mib <= std::int64_t{1} << 40 ? "" : "must be from 1 to 2^40"; }

std::string smtp_fault(const Config& c) {
  const auto& url = c.mail_smtp;
  if (url.empty()) return "";
  const auto scheme = url.starts_with("smtp://") ? 7U : url.starts_with("smtps://") ? 8U : 0U;
  const auto colon = url.rfind(':');
  const bool port = scheme > 0 && colon > scheme && colon + 1 < url.size() && url.size() - colon <= 6 &&
                    url.find_first_not_of("0123456789", colon + 1) == std::string::npos;
  const bool host = port && url.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-[]:", scheme) == std::string::npos;
  return host ? "" : "must be like \"smtp://mail.example.edu:587\" or \"smtps://mail.example.edu:465\"";
}

const std::vector<Row>& rows() {
  static const std::vector<Row> table = {
      {"compute", "provider", &Config::provider, "what runs machines whose type names no provider",
       [](const Config& c) { return one_of(c.provider, {"lxc", "fake"}); }},
      {"compute", "vcpu_percent", &Config::vcpu_percent, "vCPUs of types without a baseline of their own that may run at once, for each 100 CPUs of the host; t2 and t3 are guaranteed the baseline that Amazon documents",
       [](const Config& c) { return c.vcpu_percent >= 1 && c.vcpu_percent <= 10'000 ? "" : "must be from 1 to 10000"; }},
      {"compute", "memory_percent", &Config::memory_percent, "percent of the host's memory less the reserve that running machines may have in all",
       [](const Config& c) { return c.memory_percent >= 1 && c.memory_percent <= 1'000 ? "" : "must be from 1 to 1000"; }},
      {"compute", "memory_reserve_mib", &Config::memory_reserve_mib,
       "memory kept for the host itself, in MiB; -1: a sixteenth of it, from 512 to 8192",
       [](const Config& c) { return c.memory_reserve_mib >= -1 && c.memory_reserve_mib <= 1'000'000'000 ? "" : "must be from -1 to 1000000000"; }},
      {"compute", "disk_admission", &Config::disk_admission,
       "what a new disk is counted by: \"real\", what all disks take now, or \"promised\", their full sizes, so that each can be filled",
       [](const Config& c) { return one_of(c.disk_admission, {"real", "promised"}); }},
      {"compute", "fake_cpus", &Config::fake_cpus, "CPUs of the host that the provider `fake` pretends, for tests of room",
       [](const Config& c) { return c.fake_cpus >= 1 && c.fake_cpus <= 1'000'000 ? "" : "must be from 1 to 1000000"; }},
      {"compute", "fake_memory_mib", &Config::fake_memory_mib, "its memory, in MiB", [](const Config& c) { return fake_size(c.fake_memory_mib); }},
      {"compute", "fake_disk_mib", &Config::fake_disk_mib, "its disk, in MiB", [](const Config& c) { return fake_size(c.fake_disk_mib); }},
      {"disks", "keep_deleted_days", &Config::keep_deleted_days,
       "days that a deleted disk can be brought back, at the house's cost; 0: its bytes go at once",
       [](const Config& c) { return c.keep_deleted_days >= 0 && c.keep_deleted_days <= 366 ? "" : "must be from 0 to 366"; }},
      {"limits", "commands_per_second", &Config::commands_per_second, "requests of one account to the AWS API and the page, each second and lasting",
       [](const Config& c) { return c.commands_per_second >= 1 && c.commands_per_second <= 1'000'000 ? "" : "must be from 1 to 1000000"; }},
      {"limits", "commands_burst", &Config::commands_burst, "requests of one account that may come at once after a pause",
       [](const Config& c) { return c.commands_burst >= 1 && c.commands_burst <= 1'000'000 ? "" : "must be from 1 to 1000000"; }},
      {"server", "listen", &Config::listen, "address and port of console, AWS API and notebooks"},
      {"server", "name", &Config::name,
       "DNS name that people type; it and every name below it (`*.NAME`) lead here. Empty: this computer alone, localhost",
       [](const Config& c) { return c.name.empty() || base::is_dns_name(c.name) ? "" : "must be a DNS name in lower case, like \"stipend.example.edu\""; }},
      {"server", "tls_certificate", &Config::tls_certificate,
       "PEM file with the certificate for NAME and *.NAME, its chain behind it; a renewed one is taken up by itself"},
      {"server", "tls_key", &Config::tls_key, "PEM file with its private key; only root need be able to read it"},
      {"server", "http_listen", &Config::http_listen,
       "address and port of plain HTTP beside TLS, like \"0.0.0.0:80\": leads browsers to https and answers ACME challenges; empty: none"},
      {"server", "machine_ports", &Config::machine_ports,
       "FIRST-LAST: each machine's notebook is at a port of NAME, where wildcard names are refused; empty: at a name below NAME, "
       "or with ACME's http-01 at 30000-30999",
       [](const Config& c) {
         return c.machine_ports.empty() || base::parse_port_range(c.machine_ports)
                    ? ""
                    : "must be two ports from 1024 to 65535 like \"30000-30999\", at most 4096 of them";
       }},
      {"server", "region", &Config::region, "name of the AWS region this server is",
       [](const Config& c) {
         const bool good = !c.region.empty() && c.region.size() <= 32 &&
                           c.region.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") == std::string::npos;
         return good ? "" : "must be lower-case letters, digits and dashes, like \"us-east-1\"";
       }},
      {"server", "user", &Config::user, "system user the server runs as once it listens"},
      {"server", "log_level", &Config::log_level, "least level that is logged",
       [](const Config& c) { return one_of(c.log_level, {"debug", "info", "warn", "error"}); }},
      {"server", "insecure_http", &Config::insecure_http,
       "allow plain HTTP beyond this computer: private keys and requests then travel in clear"},
      {"acme", "directory", &Config::acme_directory,
       "URL of a certificate authority's ACME directory: the server then gets and renews its certificate by itself; empty: none",
       [](const Config& c) { return c.acme_directory.starts_with("https://") || c.acme_directory.empty() ? "" : "must begin with https://"; }},
      {"acme", "email", &Config::acme_email, "mail address the authority writes to when something is wrong",
       [](const Config& c) {
         const auto at = c.acme_email.find('@');
         const bool good = at != std::string::npos && at > 0 && at + 1 < c.acme_email.size() && c.acme_email.size() <= 254 &&
                           c.acme_email.find_first_of(" \t\r\n/\\,;") == std::string::npos && !c.acme_email.starts_with('-');
         return good ? "" : "must be a mail address";
       }},
      {"acme", "accept_terms", &Config::acme_accept_terms, "you have read the authority's terms of service and agree"},
      {"acme", "method", &Config::acme_method,
       "how the authority is shown that NAME is yours: \"http-01\" (port 80; no wildcard names) or \"dns-01\" (a DNS record; wildcard names)",
       [](const Config& c) { return one_of(c.acme_method, {"http-01", "dns-01"}); }},
      {"acme", "dns_provider", &Config::acme_dns_provider, "for dns-01: who sets the record, as `lego dnshelp` names it: \"rfc2136\", \"exec\", …",
       [](const Config& c) {
         return c.acme_dns_provider.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") == std::string::npos ? "" : "must be one of the names that `lego dnshelp` lists";
       }},
      {"acme", "dns_resolver", &Config::acme_dns_resolver,
       "for dns-01: ADDRESS:PORT of the DNS server that is asked whether the record is there; empty: the zone's own servers"},
      {"acme", "environment", &Config::acme_environment,
       "file of NAME=VALUE lines, root's alone, with the provider's credentials, EAB_KID and EAB_HMAC of an institution's account, HTTPS_PROXY"},
      {"acme", "ca_certificate", &Config::acme_ca_certificate, "PEM file of a private authority's root, for its directory; empty: the system's"},
      {"images", "dir", &Config::images_dir, "folder of sealed machine images; empty: `images` beside the state folder"},
      {"images", "recipes", &Config::recipes_dir, "folder of image recipes; empty: found beside the program"},
      {"network", "private", &Config::private_cidr, "range of the machines' private addresses; empty: a free one is found"},
      {"network", "public", &Config::public_cidr, "range of the machines' public addresses; empty: a free one is found"},
      {"network", "proxy", &Config::proxy, "HTTP proxy of the site, like \"http://proxy.example.edu:3128\"; machines get it in their environment",
       egress_fault},
      {"network", "no_proxy", &Config::no_proxy, "names and addresses that machines reach without the proxy", egress_fault},
      {"network", "direct", &Config::direct, "machines reach the public internet by address translation; false: only the proxy and `allow`"},
      {"network", "allow", &Config::allow,
       "private addresses that machines may reach all the same, like \"10.1.2.0/24:443\"; at most 32", egress_fault},
      {"network", "connections", &Config::connections, "connections of one machine at a time", egress_fault},
      {"network", "connections_per_second", &Config::connections_per_second,
       "new connections of one machine each second, lasting; five seconds' worth may come at once", egress_fault},
      {"network", "rate_mbit", &Config::rate_mbit, "megabits a second of one machine, each direction; 0: no limit", egress_fault},
      {"network", "flow_log_days", &Config::flow_log_days,
       "days for which it is known whose a connection to the outside was (`stipend whose`); 0: nothing is kept", egress_fault},
      {"network", "flow_log_mib", &Config::flow_log_mib, "the most MiB that this may take; then the oldest hours go first", egress_fault},
      {"disks", "copy_hour", &Config::copy_hour, "hour of the night, in this computer's time zone, from which homes are copied",
       [](const Config& c) { return c.copy_hour >= 0 && c.copy_hour <= 23 ? "" : "must be from 0 to 23"; }},
      {"disks", "copies", &Config::copies, "nightly copies that are kept of each home; 0: none are taken",
       [](const Config& c) { return c.copies >= 0 && c.copies <= 100 ? "" : "must be from 0 to 100"; }},
      {"ssh", "listen", &Config::ssh_listen,
       "address and port of the ssh jump host, like `0.0.0.0:2222`; empty: none, ssh from elsewhere goes through `[server] listen`",
       [](const Config& c) {
         if (c.ssh_listen.empty()) return std::string();
         const auto parsed = net::parse_host_port(c.ssh_listen);
         return parsed ? std::string() : "is no address and port: " + parsed.error().message;
       }},
      {"ssh", "user", &Config::ssh_user, "system user that ssh connections to the jump host sign in as",
       [](const Config& c) {
         const bool good = !c.ssh_user.empty() && c.ssh_user.size() <= 32 && c.ssh_user[0] >= 'a' && c.ssh_user[0] <= 'z' &&
                           c.ssh_user.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-_") == std::string::npos;
         return good ? "" : "must be a user name: lower-case letters, digits, dashes";
       }},
      {"mail", "smtp", &Config::mail_smtp,
       "SMTP server that takes this server's mails, like \"smtp://mail.example.edu:587\" or \"smtps://mail.example.edu:465\"; empty: mails wait",
       smtp_fault},
      {"mail", "from", &Config::mail_from, "mail address that they come from",
       [](const Config& c) { return control::is_mail_address(c.mail_from) ? "" : "must be a mail address"; }},
      {"mail", "allowed_domains", &Config::mail_allowed_domains,
       "students may have mail sent to addresses of these domains, like [\"example.edu\"], and to their own of the roster; staff to any",
       [](const Config& c) -> std::string {
         for (const auto& domain : c.mail_allowed_domains)
           if (!control::is_mail_address("x@" + domain)) return fmt::format("has \"{}\", which is no domain like \"example.edu\"", domain);
         return "";
       }},
      {"mail", "user", &Config::mail_user, "name to sign in with at the SMTP server, over TLS only; empty: no signing in"},
      {"mail", "password_file", &Config::mail_password_file, "file with the password, which the system user of `[server] user` can read and others cannot"},
  };
  return table;
}

std::string default_text(const Member& member) {
  static const Config defaults;
  return std::visit(
      [](auto pointer) -> std::string {
        const auto& value = defaults.*pointer;
        using Value = std::decay_t<decltype(value)>;
        if constexpr (std::is_same_v<Value, std::string>) return "\"" + value + "\"";
        else if constexpr (std::is_same_v<Value, std::vector<std::string>>) return "[]";  // no list has another default
        else return fmt::format("{}", value);
      },
      member);
}

std::string_view type_name(const Member& member) {
  constexpr std::string_view names[] = {"text", "whole number", "true or false", "list of texts"};  // the manual's words
  return names[member.index()];
}

bool assign(Config& config, const Member& member, const toml::node& node) {
  return std::visit(
      [&](auto pointer) {
        using Value = std::decay_t<decltype(config.*pointer)>;
        if constexpr (std::is_same_v<Value, std::vector<std::string>>) {
          const auto* list = node.as_array();
          if (!list || (!list->empty() && !list->is_homogeneous<std::string>())) return false;
          Value values;
          for (const auto& entry : *list) values.push_back(entry.ref<std::string>());
          config.*pointer = std::move(values);
          return true;
        } else {
          const std::optional<Value> value = node.value_exact<Value>();
          if (value) config.*pointer = *value;
          return value.has_value();
        }
      },
      member);
}

std::unexpected<base::Error> wrong(const std::string& path, const toml::node& node, const std::string& what) {
  return base::fail(base::Fault::kInvalid, "InvalidConfiguration",
                    fmt::format("{}:{}: {}", path, node.source().begin.line, what));
}

}  // namespace

std::optional<base::PortRange> Config::origin_ports() const {
  if (!machine_ports.empty()) return base::parse_port_range(machine_ports);
  if (acme() && acme_method == "http-01") return base::PortRange{30'000, 30'999};
  return std::nullopt;
}

base::Result<Config> read_config(const std::string& path, Config config) {
  if (path.empty()) return config;
  std::ifstream opened(path);
  if (!opened)
    return base::fail(base::Fault::kInvalid, "InvalidConfiguration",
                      fmt::format("the configuration file {} cannot be read: {}", path, std::strerror(errno)));
  toml::table file;
  try {
    file = toml::parse(opened, path);
  } catch (const toml::parse_error& error) {
    return base::fail(base::Fault::kInvalid, "InvalidConfiguration",
                      fmt::format("{}:{}: {}", path, error.source().begin.line, error.description()));
  }
  for (const auto& [section, node] : file) {
    const auto* table = node.as_table();
    if (!table) return wrong(path, node, fmt::format("'{}' stands outside any [section]", section.str()));
    for (const auto& [name, value] : *table) {
      const Row* found = nullptr;
      for (const auto& row : rows())
        if (row.section == section.str() && row.name == name.str()) found = &row;
      if (!found)
        return wrong(path, value, fmt::format("[{}] has no key '{}'; docs/configuration.md lists them", section.str(), name.str()));
      if (!assign(config, found->member, value))
        return wrong(path, value, fmt::format("[{}] {} must be {}{}", section.str(), name.str(),
                                              std::holds_alternative<std::int64_t Config::*>(found->member) || found->member.index() == 3 ? "a " : "",
                                              type_name(found->member)));
      if (found->check)
        if (const auto fault = found->check(config); !fault.empty())
          return wrong(path, value, fmt::format("[{}] {} {}", section.str(), name.str(), fault));
    }
  }
  if (!config.mail_smtp.empty() && config.mail_from.empty())
    return base::fail(base::Fault::kInvalid, "InvalidConfiguration", fmt::format("{}: [mail] smtp needs [mail] from, the address that mails come from", path));
  if (config.mail_user.empty() != config.mail_password_file.empty())
    return base::fail(base::Fault::kInvalid, "InvalidConfiguration", fmt::format("{}: [mail] user and password_file belong together", path));
  return config;
}

std::vector<ConfigRow> config_rows() {
  std::vector<ConfigRow> out;
  for (const auto& row : rows())
    out.push_back({fmt::format("[{}] {}", row.section, row.name), std::string(type_name(row.member)),
                   default_text(row.member), std::string(row.what)});
  return out;
}

}  // namespace stipend::app
