#include "host/dns.hpp"

#include <fmt/core.h>
#include <pwd.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <poll.h>
#include <cerrno>
#include <charconv>
#include <string>
#include <vector>

#include "host/egress_rules.hpp"
#include "host/files.hpp"
#include "host/process.hpp"

namespace stipend::host {
namespace {

std::string pid_file(const Names& names) {
  return names.runtime + "/dnsmasq.pid";
}

// The pid in the file, if that process is this state's dnsmasq (a pid is used again sooner or later).
// `command` gets its words, separated by NUL.
pid_t running(const Names& names, std::string& command) {
  auto text = read_file(pid_file(names), 64);
  if (!text) return 0;
  pid_t pid = 0;
  const auto digits = trimmed(*text);
  std::from_chars(digits.data(), digits.data() + digits.size(), pid);
  if (pid <= 1) return 0;
  auto words = read_file(fmt::format("/proc/{}/cmdline", pid), 1 << 16);
  if (!words || words->find("--pid-file=" + pid_file(names)) == std::string::npos) return 0;
  command = *words;
  return pid;
}

std::string unprivileged_user() {
  return getpwnam("dnsmasq") != nullptr ? "dnsmasq" : "nobody";
}

std::vector<std::string> words(const Names& names, const std::string& gateway, const DnsNames& told) {
  std::vector<std::string> out{"dnsmasq",
                               "--conf-file=/dev/null",
                               "--pid-file=" + pid_file(names),
                               "--user=" + unprivileged_user(),
                               "--group=nogroup",
                               "--bind-interfaces",
                               "--except-interface=lo",
                               "--listen-address=" + gateway,
                               "--port=53",
                               "--no-hosts",
                               "--resolv-file=/etc/resolv.conf",
                               "--domain-needed",
                               "--bogus-priv",
                               "--cache-size=2000",
                               "--dns-forward-max=500",
                               "--max-tcp-connections=200",
                               "--edns-packet-max=1232",
                               "--log-facility=/dev/null"};
  // A name of somebody else's cannot point inside. Not --stop-dns-rebind: it takes the ranges for
  // documentation for private ones, and there are networks whose way out has such an address.
  static const std::vector<Cidr> private_ranges = [] {
    std::vector<Cidr> ranges;
    for (const char* range : {"0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
                              "192.168.0.0/16"})
      ranges.push_back(*parse_cidr(range));
    return ranges;
  }();
  for (const auto& range : without(private_ranges, told.inside)) out.push_back("--bogus-nxdomain=" + range.str());
  for (const auto& [name, address] : told.known) out.push_back("--host-record=" + name + "," + to_address(address));
  return out;
}

// As /proc shows it.
std::string joined(const std::vector<std::string>& list) {
  std::string out;
  for (const auto& word : list) out += word + '\0';
  return out;
}

}  // namespace

base::Status ensure_dns(const Names& names, const std::string& gateway, const DnsNames& told) {
  const auto wanted = words(names, gateway, told);
  std::string command;
  if (running(names, command) != 0) {
    if (command == joined(wanted)) return {};
    TRY(stop_dns(names));
  }
  auto started = run_tool(wanted, 10'000);
  if (!started)
    return base::fail(
        base::Fault::kUnavailable, "NameServer",
        "the machines' name server did not start on " + gateway + ": " + started.error().message);
  return {};
}

base::Status stop_dns(const Names& names) {
  std::string command;
  const pid_t pid = running(names, command);
  if (pid != 0) {
    Fd process(static_cast<int>(syscall(SYS_pidfd_open, pid, 0)));
    if (process && running(names, command) == pid) {
      syscall(SYS_pidfd_send_signal, process.get(), SIGTERM, nullptr, 0);
      pollfd wait{process.get(), POLLIN, 0};
      if (poll(&wait, 1, 2000) == 0) syscall(SYS_pidfd_send_signal, process.get(), SIGKILL, nullptr, 0);
    }
  }
  unlink(pid_file(names).c_str());
  return {};
}

}  // namespace stipend::host
