// stipend.toml: every key has a default and a row in config.cpp's one table, from which docs/configuration.md is
// checked. An unknown key or a wrong value is an error that names file and line.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/port_range.hpp"
#include "base/result.hpp"
#include "hostlink/egress.hpp"

namespace stipend::app {

struct Config : hostlink::Egress {       // the part of [network] that stipend-host is told as it is
  std::string provider = "lxc";          // [compute]
  std::int64_t vcpu_percent = 400;       // vCPUs of types without a baseline that may run for each 100 CPUs
  std::int64_t memory_percent = 100;     // of the host's memory less the reserve that running machines may have
  std::int64_t memory_reserve_mib = -1;  // -1: computed
  std::string disk_admission = "real";
  std::int64_t fake_cpus = 1'000'000, fake_memory_mib = std::int64_t{1} << 40, fake_disk_mib = std::int64_t{1} << 40;
  std::int64_t keep_deleted_days = 7;    // [disks]
  std::int64_t commands_per_second = 50; // [limits]; of one account, lasting
  std::int64_t commands_burst = 200;     // of one account, at once
  std::string listen = "127.0.0.1:8080"; // [server]
  std::string name;                      // empty: localhost
  std::string tls_certificate, tls_key;  // PEM files; empty: plain HTTP, or ACME
  std::string http_listen;               // plain HTTP beside TLS; empty: none
  std::string machine_ports;             // FIRST-LAST; empty: machines have names
  std::string region = "us-east-1";
  std::string user = "stipend";
  std::string log_level = "info";
  bool insecure_http = false;
  std::string acme_directory;            // [acme]; empty: no ACME
  std::string acme_email;
  bool acme_accept_terms = false;
  std::string acme_method = "http-01";
  std::string acme_dns_provider;         // as the client names it
  std::string acme_dns_resolver;
  std::string acme_environment;          // file of NAME=VALUE
  std::string acme_ca_certificate;
  std::string images_dir;                // [images]; empty: beside the state
  std::string recipes_dir;               // empty: beside the program
  std::string private_cidr;              // [network]; empty: a free range is found
  std::string public_cidr;
  std::int64_t copy_hour = 3;            // [disks]; of the server's time zone
  std::int64_t copies = 7;               // of each home; 0: none
  std::string ssh_listen;                // [ssh]; empty: no jump host
  std::string ssh_user = "stipend-jump";
  std::string mail_smtp;                 // [mail]; empty: mails wait
  std::string mail_from;
  std::vector<std::string> mail_allowed_domains;
  std::string mail_user;                 // empty: no signing in
  std::string mail_password_file;

  bool acme() const { return !acme_directory.empty(); }
  // Set, or the usual ones where the certificate can have no wildcard name (ACME's HTTP-01).
  std::optional<base::PortRange> origin_ports() const;
  bool tls() const { return acme() || !tls_certificate.empty(); }
};

struct ConfigRow {
  std::string key, type, default_text, what;
};

base::Result<Config> read_config(const std::string& path, Config defaults = {});  // "" gives the defaults
std::vector<ConfigRow> config_rows();

}  // namespace stipend::app
