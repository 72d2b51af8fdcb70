#include "host/preflight.hpp"

#include <fmt/core.h>
#include <fmt/ranges.h>
#include <sys/statvfs.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <sstream>

#include "host/cgroup.hpp"
#include "host/files.hpp"
#include "host/idmap.hpp"
#include "host/lxcfs.hpp"
#include "host/mounts.hpp"
#include "host/network_ranges.hpp"
#include "host/nft.hpp"
#include "host/nft_rules.hpp"
#include "host/preflight_egress.hpp"
#include "host/preflight_repair.hpp"
#include "host/process.hpp"

namespace stipend::host {
namespace {

Finding ok(const char* check, std::string sentence) {
  return {check, Verdict::kOk, std::move(sentence), ""};
}
Finding warn(const char* check, std::string sentence, std::string cure) {
  return {check, Verdict::kWarn, std::move(sentence), std::move(cure)};
}
Finding bad(const char* check, std::string sentence, std::string cure) {
  return {check, Verdict::kFail, std::move(sentence), std::move(cure)};
}

// What `serve` repairs by itself is not something this host lacks.
constexpr const char* kAtTheStart = " (set up when the server starts)";

Finding check_root() {
  if (geteuid() == 0) return ok("root", "running as root");
  return bad("root", "not running as root", "run it with sudo");
}

Finding check_kernel() {
  utsname u{};
  uname(&u);
  int major = 0, minor = 0;
  if (sscanf(u.release, "%d.%d", &major, &minor) == 2 && (major > 5 || (major == 5 && minor >= 19)))
    return ok("kernel", fmt::format("Linux {}", u.release));
  return bad(
      "kernel",
      fmt::format("Linux {} is older than 5.19, which brought idmapped mounts under overlay", u.release),
      "use Debian 12 or newer, or its kernel");
}

Finding check_file_systems(bool repair) {
  std::string missing;
  for (const char* name : {"erofs", "overlay", "ext4"}) {
    const auto known = [&] {
      return (read_file("/proc/filesystems").value_or("")).find(fmt::format("\t{}\n", name)) !=
             std::string::npos;
    };
    if (known() || (repair && run_tool({"modprobe", name}, 5000) && known()) ||
        run_tool({"modprobe", "-n", "-q", name}, 5000))
      continue;
    missing += (missing.empty() ? "" : ", ") + std::string(name);
  }
  if (missing.empty()) return ok("filesystems", "the kernel has erofs, overlay and ext4");
  return bad("filesystems", "the kernel lacks " + missing,
             "load the modules with `modprobe " + missing + "` or use Debian's kernel");
}

Finding check_loop(bool repair) {
  if (!exists("/dev/loop-control") && repair) (void)run_tool({"modprobe", "loop"}, 5000);
  if (exists("/dev/loop-control") || run_tool({"modprobe", "-n", "-q", "loop"}, 5000)) return ok("loop", "loop devices work");
  return bad("loop", "there is no /dev/loop-control",
             "run `modprobe loop`; inside a container the host has to allow loop devices");
}

Finding check_cgroups() {
  const bool v2 = cgroup_version() == CgroupVersion::kV2;
  std::string missing;
  const std::string controllers =
      v2 ? " " + std::string(trimmed(read_file("/sys/fs/cgroup/cgroup.controllers").value_or(""))) + " " : "";
  for (const char* name : {"cpu", "cpuacct", "cpuset", "memory", "pids", "freezer", "devices"}) {
    const std::string_view n = name;
    if (v2 && (n == "cpuacct" || n == "freezer" || n == "devices")) continue;  // parts of v2 itself
    if (v2 ? controllers.find(fmt::format(" {} ", name)) == std::string::npos
           : !exists(fmt::format("/sys/fs/cgroup/{}/cgroup.procs", name)))
      missing += (missing.empty() ? "" : ", ") + std::string(name);
  }
  if (missing.empty()) return ok("cgroup", v2 ? "control groups version 2" : "control groups version 1");
  return bad("cgroup", "the control group controllers are missing: " + missing,
             "boot a kernel with them (Debian's has all; `memory` may need `cgroup_enable=memory`), with "
             "/sys/fs/cgroup mounted");
}

Finding check_ids(bool repair) {
  bool later = false;
  for (const char* path : {"/etc/subuid", "/etc/subgid"}) {
    if (has_id_line(path)) continue;
    later = !repair;
    if (later) continue;
    if (const auto added = add_id_line(path); !added)
      return bad("subid", added.error().message,
                 fmt::format("add the line `{}` to /etc/subuid and to /etc/subgid", kIdLine));
  }
  return ok("subid", fmt::format("root may use the user ids from 1000000 up{}", later ? kAtTheStart : ""));
}

Finding check_user_namespaces() {
  auto ns = user_namespace(IdRange{0});
  if (ns) return ok("userns", "user namespaces work");
  return bad("userns", ns.error().message, "set `sysctl user.max_user_namespaces=65536`");
}

Finding check_lxcfs(bool repair) {
  if (!lxcfs_answers() && repair) (void)start_lxcfs();
  if (lxcfs_answers()) return ok("lxcfs", "lxcfs runs: machines see their own CPUs and memory");
  if (is_mount_point(kLxcfs))
    return warn("lxcfs", "lxcfs does not answer: inside a machine `free` and `uptime` tell this host's figures",
                "a dead one is started again with the server; if that does not help: version 6 serves nobody where root may "
                "not read /proc/1/personality, as in some containers");
  if (!repair && !find_tool("lxcfs").empty())
    return ok("lxcfs", fmt::format("lxcfs is installed: machines see their own CPUs and memory{}", kAtTheStart));
  return warn(
      "lxcfs", "lxcfs does not run: inside a machine `free` and `uptime` tell this host's figures",
      "install lxcfs and start it: `systemctl start lxcfs`, or `lxcfs /var/lib/lxcfs &` without systemd");
}

// Rules of every kind that settings can ask for.
EgressRules every_kind(const Cidr& machines) {
  hostlink::Egress egress;
  egress.proxy = "http://10.1.2.3:3128";
  egress.allow = {"10.1.2.0/24:80-90", "10.1.3.0/24"};
  auto rules = egress_rules(egress, machines, Cidr{100U << 24 | 64U << 16, 20});
  rules.proxy_addresses = {10U << 24 | 9};
  return rules;
}

Finding check_nft(const Names& names) {
  Names probe = names;
  probe.nft_table = "stipend_check_" + names.hash;
  const std::map<std::string, MachineAddress> one{
      {"x", {names.veth(0), 10U << 24 | 2, 100U << 24 | 64U << 16 | 2}}};
  const auto made = run_nft(nft_table(probe, {every_kind(Cidr{10U << 24, 20}), 10U << 24 | 1, 0}, one) +
                            "delete table inet " + probe.nft_table + "\n");
  if (made) return ok("nftables", "packet filter and address translation work");
  return bad("nftables", "the kernel refuses the rules that machines need: " + made.error().message,
             "load the modules nf_tables, nft_chain_nat, nft_ct, nft_limit, nft_masq, nft_reject, nft_connlimit "
             "(Debian's kernel has them)");
}

Finding check_forwarding(bool repair) {
  const std::string path = "/proc/sys/net/ipv4/ip_forward";
  const auto on = [&] { return trimmed(read_file(path).value_or("")) == "1"; };
  if (!on() && repair) (void)write_existing(path, "1");
  if (on() || !repair) return ok("ip_forward", fmt::format("this host forwards packets{}", on() ? "" : kAtTheStart));
  return warn("ip_forward", "this host does not forward packets, so machines reach nothing outside",
              "`sysctl net.ipv4.ip_forward=1`, and keep it so in /etc/sysctl.d");
}

// The kernel counts the watches of every machine's systemd as root's too: the usual 128 end with some thirty machines, and
// then the host's own programs get none.
Finding check_watches(bool repair) {
  constexpr std::int64_t kEnough = 16'384;
  const std::string path = "/proc/sys/fs/inotify/max_user_instances";
  const auto enough = [&] {
    const auto text = read_file(path).value_or("");
    std::int64_t now = 0;
    std::from_chars(text.data(), text.data() + text.size(), now);
    return now >= kEnough;
  };
  if (!enough() && repair) (void)write_existing(path, std::to_string(kEnough));
  if (enough() || !repair) return ok("inotify", fmt::format("many machines can watch their files{}", enough() ? "" : kAtTheStart));
  return warn("inotify", "this host lets root watch few files, so only some thirty machines can run",
              fmt::format("`sysctl fs.inotify.max_user_instances={}`, and keep it so in /etc/sysctl.d", kEnough));
}

// Another table's verdict `drop` cannot be overruled by ours.
Finding check_foreign_firewall() {
  const auto dropping = dropping_chains(list_nft("list chains\n").value_or(""), "stipend_");
  if (dropping.empty()) return ok("firewall", "no other firewall stands in the machines' way");
  return warn(
      "firewall",
      fmt::format("the firewall chain `{}` drops what it does not know: machines may reach nothing outside",
                  fmt::join(dropping, "`, `")),
      "let it accept what comes from and goes to devices st*; with Docker: `iptables -I DOCKER-USER -i st+ "
      "-j ACCEPT` and "
      "`iptables -I DOCKER-USER -o st+ -j ACCEPT`; in an input chain also port 53 from st*");
}

Finding check_ranges(const Names& names, const PreflightOptions& options) {
  const auto pair = find_ranges(names, options.private_cidr, options.public_cidr);
  if (pair)
    return ok("addresses", fmt::format("machines get private addresses of {} and public ones of {}",
                                       pair->machines.str(), pair->publics.str()));
  return bad("addresses", pair.error().message,
             "set [network] private and public in stipend.toml to ranges that this host does not use, or "
             "remove what uses them");
}

Finding check_tools() {
  std::string missing;
  for (const char* tool :
       {"mkfs.ext4", "e2fsck", "resize2fs", "mkfs.erofs", "ip", "conntrack", "dnsmasq", "ssh-keygen", "newuidmap"})
    if (find_tool(tool).empty()) missing += (missing.empty() ? "" : ", ") + std::string(tool);
  if (missing.empty()) return ok("tools", "all tools are installed");
  return bad("tools", "not installed: " + missing,
             "`apt install e2fsprogs erofs-utils iproute2 conntrack dnsmasq-base openssh-client uidmap`, or "
             "`make setup`");
}

Finding check_name_servers() {
  const std::string text = read_file("/etc/resolv.conf").value_or("");
  if (text.find("nameserver") != std::string::npos)
    return ok("resolver", "this host has a name server for machines to ask");
  return warn("resolver", "/etc/resolv.conf names no server, so machines resolve nothing",
              "add a `nameserver` line to /etc/resolv.conf");
}

Finding check_memory() {
  const std::string text = read_file("/proc/meminfo").value_or("");
  long long kib = 0;
  const auto at = text.find("MemAvailable:");
  if (at != std::string::npos) sscanf(text.c_str() + at, "MemAvailable: %lld", &kib);
  const std::string sentence = fmt::format("{} MiB of memory are available", kib / 1024);
  if (kib >= 1024 * 1024) return ok("memory", sentence);
  return warn("memory", sentence + ": hardly a machine fits", "free memory or use a larger host");
}

Finding check_room(const Names& names) {
  std::string path = names.state;
  while (path.size() > 1 && !exists(path)) path = path.substr(0, std::max<std::size_t>(path.rfind('/'), 1));
  struct statvfs s{};
  if (statvfs(path.c_str(), &s) != 0)
    return bad("disk", "the folder " + path + " cannot be read", "choose another --state folder");
  const auto mib = static_cast<long long>(s.f_bavail * s.f_frsize >> 20);
  const std::string sentence = fmt::format("{} MiB are free for disks under {}", mib, path);
  if (mib >= 4096) return ok("disk", sentence);
  return {"disk", mib >= 512 ? Verdict::kWarn : Verdict::kFail, sentence,
          "free some space there or choose another --state folder"};
}

Finding check_capabilities() {
  const std::string text = read_file("/proc/self/status").value_or("");
  unsigned long long effective = 0;
  const auto at = text.find("CapEff:");
  if (at != std::string::npos) sscanf(text.c_str() + at, "CapEff: %llx", &effective);
  if (effective >> 24 & 1) return ok("capabilities", "root has all capabilities that are used");
  return warn("capabilities",
              "root lacks CAP_SYS_RESOURCE: supervisors cannot be kept from the out-of-memory killer (if it "
              "takes one, its machine stops)",
              "run on a host, or in a container that keeps CAP_SYS_RESOURCE");
}

}  // namespace

std::vector<Finding> preflight(const Names& names, const PreflightOptions& options) {
  const bool repair = options.repair && geteuid() == 0;
  std::vector<Finding> findings{check_root(),         check_kernel(),       check_tools(), check_room(names), check_memory(),
                                check_name_servers(), check_capabilities(), check_cgroups()};
  if (geteuid() != 0) return findings;  // the rest needs root to look at
  findings.push_back(check_file_systems(repair));
  findings.push_back(check_loop(repair));
  findings.push_back(check_ids(repair));
  findings.push_back(check_user_namespaces());
  findings.push_back(check_lxcfs(repair));
  findings.push_back(check_nft(names));
  findings.push_back(check_forwarding(repair));
  findings.push_back(check_watches(repair));
  findings.push_back(check_foreign_firewall());
  findings.push_back(check_ranges(names, options));
  for (auto& finding : check_egress(options.egress, !repair)) findings.push_back(std::move(finding));
  return findings;
}

}  // namespace stipend::host
