#include "host/lxc_config.hpp"

#include <fmt/core.h>
#include <lxc/lxccontainer.h>

#include <algorithm>

#include "base/dns.hpp"
#include "host/address.hpp"
#include "host/files.hpp"
#include "host/home.hpp"
#include "host/lxcfs.hpp"
#include "host/process.hpp"
#include "host/seccomp_profile.hpp"

namespace stipend::host {
namespace {

using base::fail;
using base::Fault;

// Capabilities that a machine has none of: network and packet filter set-up, raw packets, device nodes,
// clocks, modules, the kernel's log. The rest count inside the machine's own user namespace only.
constexpr const char* kDropped =
    "mac_admin mac_override sys_time sys_module sys_rawio sys_pacct syslog net_admin net_raw mknod "
    "wake_alarm "
    "block_suspend audit_control audit_read bpf perfmon checkpoint_restore";

bool is_plain(std::string_view value) {
  return std::ranges::all_of(value, [](unsigned char c) { return c >= 0x20 && c < 0x7f; });
}

// So that free, nproc, uptime and top tell the machine's own figures.
void add_lxcfs(LxcItems& items) {
  for (const char* file : {"proc/cpuinfo", "proc/diskstats", "proc/loadavg", "proc/meminfo", "proc/stat",
                           "proc/swaps", "proc/uptime", "sys/devices/system/cpu/online"})
    if (exists(fmt::format("{}/{}", kLxcfs, file)))
      items.emplace_back("lxc.mount.entry",
                         fmt::format("{}/{} {} none bind,optional 0 0", kLxcfs, file, file));
}

}  // namespace

HostFeatures host_features() {
  HostFeatures f;
  f.cgroup = cgroup_version();
  auto enabled = read_file("/sys/module/apparmor/parameters/enabled");
  f.apparmor = enabled && trimmed(*enabled) == "Y" && exists("/sys/kernel/security/apparmor/profiles") &&
               !find_tool("apparmor_parser").empty();
  f.lxcfs = lxcfs_answers();
  return f;
}

base::Result<LxcItems> lxc_items(const Names& names, const MachineConfig& c, const HostFeatures& host) {
  if (!parse_address(c.private_address) || !parse_address(c.gateway))
    return fail(Fault::kInvalid, "InvalidAddress", "a machine's address and gateway are dotted quads");
  if (!base::is_dns_label(c.hostname))
    return fail(Fault::kInvalid, "InvalidHostname", "a host name is one DNS label in lower case");
  const std::string map = fmt::format("0 {} {}", c.ids.base(), kIdCount);
  LxcItems items{
      {"lxc.uts.name", c.hostname},
      {"lxc.idmap", "u " + map},
      {"lxc.idmap", "g " + map},
      {"lxc.rootfs.path", "dir:" + names.machine_root(c.instance)},
      {"lxc.tty.max", "0"},
      {"lxc.pty.max", "1024"},
      // At most this and one older file as large, however much a guest writes to its console.
      {"lxc.console.logfile", c.console_log},
      {"lxc.console.size", "256KB"},
      {"lxc.console.rotate", "1"},
      {"lxc.mount.auto", "proc:mixed sys:mixed cgroup:mixed"},
      {"lxc.cap.drop", kDropped},
      {"lxc.seccomp.profile", c.seccomp_profile},
      {"lxc.signal.halt", "SIGRTMIN+3"},
      {"lxc.signal.reboot", "SIGRTMIN+5"},
      {"lxc.monitor.signal.pdeath", "SIGKILL"},  // the machine never outlives what enforces its lease
      // Everybody inside may ping, which then needs no capability. Set from outside, where /proc/sys can be written:
      // the groups are this host's. A machine that cannot ping is no reason not to start it.
      {"lxc.hook.start-host",
       fmt::format("nsenter --net=/proc/$LXC_PID/ns/net sh -c 'echo {} {} >/proc/sys/net/ipv4/ping_group_range || true'",
                   c.ids.base(), c.ids.base() + kIdCount - 1)},
      {"lxc.environment", "container=lxc"},
      {"lxc.environment", "SYSTEMD_CGROUP_ENABLE_LEGACY_FORCE=1"},  // systemd 256 and newer on cgroup v1
      {"lxc.net.0.type", "veth"},
      {"lxc.net.0.veth.mode", "router"},
      {"lxc.net.0.veth.pair", names.veth(c.ids.slot)},
      {"lxc.net.0.name", "eth0"},
      {"lxc.net.0.ipv4.address", c.private_address + "/32"},
      {"lxc.net.0.ipv4.gateway", c.gateway},
      {"lxc.net.0.flags", "up"},
      {"lxc.mount.entry", names.machine_facts(c.instance) +
                              " etc/stipend none bind,ro,nosuid,nodev,noexec,create=dir,optional 0 0"},
  };
  // Their flags are those of the mounts they are bound from, which a guest cannot take off.
  if (!c.home.empty())
    items.emplace_back("lxc.mount.entry", fmt::format("{} {} none bind,nosuid,nodev,create=dir 0 0", c.home, kLoginHome));
  if (!c.course.empty())
    items.emplace_back("lxc.mount.entry", c.course + " course none bind,nosuid,nodev,create=dir,optional 0 0");
  for (auto& item : cgroup_items(names, c.instance, c.limits, host.cgroup)) items.push_back(std::move(item));
  if (host.lxcfs) add_lxcfs(items);
  if (host.apparmor) {
    items.emplace_back("lxc.apparmor.profile", "generated");
    items.emplace_back("lxc.apparmor.allow_nesting", "1");  // systemd's own sandboxing mounts
  }
  for (const auto& [key, value] : items)
    if (!is_plain(value))
      return fail(Fault::kInvalid, "InvalidConfig", "the value of " + key + " holds a control character");
  return items;
}

base::Status apply_lxc_config(lxc_container* container, const LxcItems& items) {
  container->clear_config(container);
  // liblxc tells a configuration its machine's name only when it reads a file; AppArmor's generated profile
  // needs it.
  if (!container->load_config(container, "/dev/null"))
    return fail(Fault::kInternal, "LxcConfig", "liblxc does not take an empty configuration");
  for (const auto& [key, value] : items)
    if (!container->set_config_item(container, key.c_str(), value.c_str()))
      return fail(Fault::kInternal, "LxcConfig", fmt::format("liblxc refuses {} = {}", key, value));
  return {};
}

base::Result<std::string> write_seccomp_profile(const Names& names) {
  const std::string path = names.runtime + "/seccomp";
  TRY(write_file_atomic(path, kSeccompProfile, 0644, Keep::kFleeting));
  return path;
}

}  // namespace stipend::host
