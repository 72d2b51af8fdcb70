#include "host/cgroup.hpp"

#include <dirent.h>
#include <fmt/core.h>
#include <fmt/ranges.h>
#include <linux/magic.h>
#include <sched.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <memory>
#include <set>
#include <sstream>
#include <thread>
#include <tuple>

#include "host/files.hpp"

namespace stipend::host {
namespace {

using base::fail;
using base::Fault;
using Clock = std::chrono::steady_clock;

CgroupVersion version_of(const std::string& root) {
  struct statfs s{};
  return statfs(root.c_str(), &s) == 0 && s.f_type == CGROUP2_SUPER_MAGIC ? CgroupVersion::kV2
                                                                          : CgroupVersion::kV1;
}

struct CgroupRoot {
  std::string path;
  CgroupVersion version;
};
CgroupRoot& root() {
  static CgroupRoot root{"/sys/fs/cgroup", version_of("/sys/fs/cgroup")};
  return root;
}

std::vector<std::string> folders_in(const std::string& path, std::size_t most = SIZE_MAX) {
  std::vector<std::string> out;
  std::unique_ptr<DIR, int (*)(DIR*)> folder(opendir(path.c_str()), closedir);
  while (folder && out.size() < most) {
    const dirent* entry = readdir(folder.get());
    if (entry == nullptr) break;
    // liblxc's attach makes a group named ".lxc".
    const std::string_view name = entry->d_name;
    if (entry->d_type == DT_DIR && name != "." && name != "..") out.push_back(path + "/" + entry->d_name);
  }
  return out;
}

// Where a group of ours may appear: the one tree of v2, or each mounted hierarchy of v1.
std::vector<std::string> hierarchies() {
  if (cgroup_version() == CgroupVersion::kV2) return {root().path};
  std::vector<std::string> out;
  std::set<std::pair<dev_t, ino_t>> seen;  // cpu and cpuacct are often one hierarchy with two names
  for (const auto& path : folders_in(root().path)) {
    struct stat s{};
    if (stat(path.c_str(), &s) == 0 && seen.insert({s.st_dev, s.st_ino}).second) out.push_back(path);
  }
  return out;
}

std::string hierarchy(const char* v1_controller) {
  return cgroup_version() == CgroupVersion::kV2 ? root().path : root().path + "/" + v1_controller;
}

std::string payload(const Names& names, const base::InstanceId& id, const char* v1_controller) {
  return hierarchy(v1_controller) + "/" + names.machine_cgroup(id) + "/payload";
}

std::int64_t number(std::string_view text) {
  text = trimmed(text);
  std::int64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

base::Result<std::int64_t> read_number(const std::string& path) {
  TRY_ASSIGN(std::string text, read_file(path));
  return number(text);
}

// The value beside a word in a "word value" file, 0 when absent.
std::int64_t field(std::string_view text, std::string_view word) {
  for (std::size_t at = 0; at < text.size();) {
    const auto end = std::min(text.find('\n', at), text.size());
    const auto line = text.substr(at, end - at);
    if (line.starts_with(word) && line.size() > word.size() && line[word.size()] == ' ')
      return number(line.substr(word.size()));
    at = end + 1;
  }
  return 0;
}

// Every pid of the group and the groups that the guest made below it.
void collect_pids(const std::string& group, std::vector<pid_t>& out, int depth = 0) {
  if (depth > 32) return;
  if (auto text = read_file(group + "/cgroup.procs", 16 << 20)) {
    std::istringstream lines(*text);
    for (pid_t pid; lines >> pid;) out.push_back(pid);
  }
  for (const auto& child : folders_in(group)) collect_pids(child, out, depth + 1);
}

base::Status remove_tree(const std::string& group, int depth = 0) {
  if (depth <= 32)
    for (const auto& child : folders_in(group)) TRY(remove_tree(child, depth + 1));
  if (rmdir(group.c_str()) != 0 && errno != ENOENT)
    return base::fail_errno("remove the control group " + group, errno);
  return {};
}

base::Status set_frozen(const Names& names, const base::InstanceId& id, bool frozen) {
  const bool v2 = cgroup_version() == CgroupVersion::kV2;
  const std::string group = payload(names, id, "freezer");
  if (!exists(group)) return {};
  if (v2)
    TRY(write_existing(group + "/cgroup.freeze", frozen ? "1" : "0"));
  else
    TRY(write_existing(group + "/freezer.state", frozen ? "FROZEN" : "THAWED"));
  for (const auto until = Clock::now() + std::chrono::seconds(1); frozen && Clock::now() < until;) {
    TRY_ASSIGN(std::string state, read_file(group + (v2 ? "/cgroup.events" : "/freezer.state")));
    if (v2 ? field(state, "frozen") == 1 : trimmed(state) == "FROZEN") return {};
    // v1 may stop half-way when processes come and go; asking again makes it try again.
    if (!v2) TRY(write_existing(group + "/freezer.state", "FROZEN"));
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  if (frozen)
    return fail(Fault::kUnavailable, "FreezeTimeout", id.str() + " could not be frozen within one second");
  return {};
}

// Removes a group, killing what is still in it; at most 2 s.
base::Status remove_with_stragglers(const std::string& group) {
  if (!exists(group)) return {};
  auto removed = remove_tree(group);
  for (const auto until = Clock::now() + std::chrono::seconds(2); !removed && Clock::now() < until;) {
    std::vector<pid_t> pids;
    collect_pids(group, pids);
    for (const pid_t pid : pids)
      if (pid > 1 && pid != getpid()) kill(pid, SIGKILL);
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
    removed = remove_tree(group);
  }
  return removed;
}

}  // namespace

CgroupVersion cgroup_version() {
  return root().version;
}
void set_cgroup_root(const std::string& path) {
  root() = {path, version_of(path)};
}

std::vector<std::pair<std::string, std::string>> cgroup_items(const Names& names, const base::InstanceId& id,
                                                              const MachineLimits& limits,
                                                              CgroupVersion version) {
  std::vector<std::pair<std::string, std::string>> items{
      {"lxc.cgroup.relative", "0"},
      {"lxc.cgroup.dir.container", names.machine_cgroup(id) + "/payload"},
      {"lxc.cgroup.dir.monitor", names.machine_cgroup(id) + "/monitor"},
      {"lxc.cgroup.dir.monitor.pivot", names.cgroup + "/ended"},
  };
  const std::string quota = fmt::format("{}", limits.cpu_milli * 100),
                    memory = fmt::format("{}", limits.memory_bytes);
  if (version == CgroupVersion::kV2) {
    items.emplace_back("lxc.cgroup2.cpu.max", quota + " 100000");
    items.emplace_back("lxc.cgroup2.memory.max", memory);
    items.emplace_back("lxc.cgroup2.memory.swap.max", "0");
    items.emplace_back("lxc.cgroup2.memory.oom.group", "0");
    items.emplace_back("lxc.cgroup2.pids.max", fmt::format("{}", limits.pids));
    if (!limits.cpus.empty()) items.emplace_back("lxc.cgroup2.cpuset.cpus", cpu_list(limits.cpus));
  } else {
    items.emplace_back("lxc.cgroup.cpu.cfs_period_us", "100000");
    items.emplace_back("lxc.cgroup.cpu.cfs_quota_us", quota);
    items.emplace_back("lxc.cgroup.memory.limit_in_bytes", memory);
    // memory.memsw exists only with swap accounting; without swap used by the group both mean the same.
    if (exists(root().path + "/memory/memory.memsw.limit_in_bytes"))
      items.emplace_back("lxc.cgroup.memory.memsw.limit_in_bytes", memory);
    else
      items.emplace_back("lxc.cgroup.memory.swappiness", "0");
    items.emplace_back("lxc.cgroup.pids.max", fmt::format("{}", limits.pids));
    if (!limits.cpus.empty()) items.emplace_back("lxc.cgroup.cpuset.cpus", cpu_list(limits.cpus));
  }
  return items;
}

base::Result<CgroupUsage> machine_usage(const Names& names, const base::InstanceId& id) {
  CgroupUsage usage;
  std::int64_t memory = 0, inactive = 0;
  if (cgroup_version() == CgroupVersion::kV2) {
    const std::string group = payload(names, id, "");
    TRY_ASSIGN(std::string cpu, read_file(group + "/cpu.stat"));
    usage.cpu_ns = field(cpu, "usage_usec") * 1000;
    TRY_ASSIGN(memory, read_number(group + "/memory.current"));
    TRY_ASSIGN(std::string stat, read_file(group + "/memory.stat"));
    inactive = field(stat, "inactive_file");
    TRY_ASSIGN(usage.processes, read_number(group + "/pids.current"));
  } else {
    TRY_ASSIGN(usage.cpu_ns, read_number(payload(names, id, "cpuacct") + "/cpuacct.usage"));
    TRY_ASSIGN(memory, read_number(payload(names, id, "memory") + "/memory.usage_in_bytes"));
    TRY_ASSIGN(std::string stat, read_file(payload(names, id, "memory") + "/memory.stat"));
    inactive = field(stat, "total_inactive_file");
    TRY_ASSIGN(usage.processes, read_number(payload(names, id, "pids") + "/pids.current"));
  }
  usage.memory_bytes = std::max<std::int64_t>(0, memory - inactive);
  return usage;
}

base::Result<std::int64_t> machine_dirty_bytes(const Names& names, const base::InstanceId& id) {
  TRY_ASSIGN(std::string stat, read_file(payload(names, id, "memory") + "/memory.stat"));
  if (cgroup_version() == CgroupVersion::kV2) return field(stat, "file_dirty") + field(stat, "file_writeback");
  return field(stat, "total_dirty") + field(stat, "total_writeback");
}

base::Status set_machine_weight(const Names& names, const base::InstanceId& id, std::int64_t guaranteed_milli) {
  const std::string state = hierarchy("cpu") + "/" + names.cgroup, group = hierarchy("cpu") + "/" + names.machine_cgroup(id);
  TRY(make_folders(group, 0755));
  if (cgroup_version() == CgroupVersion::kV1)
    return write_existing(group + "/cpu.shares",
                          fmt::format("{}", std::clamp<std::int64_t>(guaranteed_milli * 1024 / 1000, 2, 262'144)));
  TRY(write_existing(root().path + "/cgroup.subtree_control", "+cpu"));
  TRY(write_existing(state + "/cgroup.subtree_control", "+cpu"));
  return write_existing(group + "/cpu.weight",
                        fmt::format("{}", std::clamp<std::int64_t>(guaranteed_milli / 10, 1, 10'000)));
}

namespace {

// A guest may make groups without end: the rest of them is not looked at.
void sum_oom_kills(const std::string& group, std::int64_t& sum, int& groups_left, int depth = 0) {
  if (depth > 8 || --groups_left < 0) return;
  if (auto text = read_file(group + "/memory.oom_control")) sum += field(*text, "oom_kill");
  for (const auto& child : folders_in(group, static_cast<std::size_t>(std::max(groups_left, 0))))
    sum_oom_kills(child, sum, groups_left, depth + 1);
}

}  // namespace

std::int64_t host_oom_kills() {
  return field(read_file("/proc/vmstat").value_or(""), "oom_kill");
}

base::Result<std::int64_t> OomKills::look(const Names& names, const base::InstanceId& id, std::int64_t of_host) {
  const std::string group = payload(names, id, "memory");
  if (cgroup_version() == CgroupVersion::kV2) {
    TRY_ASSIGN(std::string events, read_file(group + "/memory.events"));
    return field(events, "oom_kill");
  }
  constexpr int kLooks = 5, kMostGroups = 512;
  if (of_host != of_host_) looks_left_ = kLooks;
  of_host_ = of_host;
  if (looks_left_ == 0) return count_;
  --looks_left_;
  std::int64_t sum = 0;
  int groups_left = kMostGroups;
  sum_oom_kills(group, sum, groups_left);
  return count_ = sum;
}

base::Status freeze_machine(const Names& names, const base::InstanceId& id) {
  return set_frozen(names, id, true);
}
base::Status thaw_machine(const Names& names, const base::InstanceId& id) {
  return set_frozen(names, id, false);
}

base::Result<bool> machine_has_processes(const Names& names, const base::InstanceId& id) {
  std::vector<pid_t> pids;
  collect_pids(payload(names, id, "freezer"), pids);
  return !pids.empty();
}

base::Status kill_machine(const Names& names, const base::InstanceId& id) {
  const std::string group = payload(names, id, "freezer");
  if (!exists(group)) return {};
  if (cgroup_version() == CgroupVersion::kV2) TRY(write_existing(group + "/cgroup.kill", "1"));
  // Frozen, nothing can fork away from the list; a freeze that fails is no reason not to kill.
  (void)set_frozen(names, id, true);
  for (const auto until = Clock::now() + std::chrono::seconds(5); Clock::now() < until;) {
    std::vector<pid_t> pids;
    collect_pids(group, pids);
    if (pids.empty()) return thaw_machine(names, id);
    for (const pid_t pid : pids)
      if (pid > 1) kill(pid, SIGKILL);
    (void)thaw_machine(names, id);  // a frozen process of v1 dies only when it runs again
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return fail(Fault::kUnavailable, "KillTimeout",
              id.str() + " still has processes five seconds after SIGKILL; the host's disk may hang");
}

bool is_in_machine(const Names& names, const base::InstanceId& id, pid_t pid) {
  auto text = read_file(fmt::format("/proc/{}/cgroup", pid));
  const std::string group = ":/" + names.machine_cgroup(id) + "/payload";
  if (!text) return false;
  const auto at = text->find(group);
  return at != std::string::npos && (at + group.size() == text->size() ||
                                     (*text)[at + group.size()] == '\n' || (*text)[at + group.size()] == '/');
}

base::Status remove_machine_groups(const Names& names, const base::InstanceId& id) {
  for (const auto& tree : hierarchies()) TRY(remove_with_stragglers(tree + "/" + names.machine_cgroup(id)));
  return {};
}

// Beside the machines' group, not in it: what the supervisors weigh is not the machines'.
static std::string supervisors_group(const Names& names) {
  return hierarchy("cpu") + "/" + names.cgroup + "-supervisors";
}

base::Status end_supervisors(const Names& names) {
  return remove_with_stragglers(supervisors_group(names));
}

static std::string file_workers(const Names& names) { return names.cgroup + "-files"; }

// Version 2: one group; a controller reaches it only when each one above hands it down.
static base::Status limit_file_worker_v2(const std::string& all, const std::string& own) {
  for (const std::string& above : {root().path, all}) {
    TRY(write_existing(above + "/cgroup.subtree_control", "+memory +pids"));
    (void)write_existing(above + "/cgroup.subtree_control", "+cpu");
  }
  (void)write_existing(all + "/cpu.weight", "10");
  TRY(make_folders(own, 0755));
  TRY(write_existing(own + "/memory.max", std::to_string(kFileWorkerMemory)));
  if (exists(own + "/memory.swap.max")) TRY(write_existing(own + "/memory.swap.max", "0"));
  return write_existing(own + "/pids.max", std::to_string(kFileWorkerPids));
}

base::Status join_file_workers(const Names& names, const std::string& worker, pid_t pid) {
  const bool v2 = cgroup_version() == CgroupVersion::kV2;
  const std::string process = std::to_string(pid);
  for (const char* controller : {"memory", "pids", "cpu"}) {
    const std::string all = hierarchy(controller) + "/" + file_workers(names), own = all + "/" + worker;
    TRY(make_folders(all, 0755));
    if (v2) {
      TRY(limit_file_worker_v2(all, own));
      return write_existing(own + "/cgroup.procs", process);
    }
    TRY(make_folders(own, 0755));
    if (controller == std::string_view("memory")) TRY(write_existing(own + "/memory.limit_in_bytes", std::to_string(kFileWorkerMemory)));
    if (controller == std::string_view("pids")) TRY(write_existing(own + "/pids.max", std::to_string(kFileWorkerPids)));
    // All of them together: a quarter of one process of the host's.
    if (controller == std::string_view("cpu")) TRY(write_existing(all + "/cpu.shares", "256"));
    TRY(write_existing(own + "/cgroup.procs", process));
  }
  return {};
}

base::Status remove_file_worker(const Names& names, const std::string& worker) {
  for (const auto& tree : hierarchies())
    if (const auto group = tree + "/" + file_workers(names) + "/" + worker; exists(group)) TRY(remove_tree(group));
  return {};
}

base::Status end_file_workers(const Names& names) {
  for (const auto& tree : hierarchies()) TRY(remove_with_stragglers(tree + "/" + file_workers(names)));
  return {};
}

base::Status remove_state_group(const Names& names) {
  for (const auto& tree : hierarchies())
    if (exists(tree + "/" + names.cgroup)) TRY(remove_tree(tree + "/" + names.cgroup));
  return {};
}

std::vector<base::InstanceId> machines_with_groups(const Names& names) {
  std::set<base::InstanceId> found;
  for (const auto& tree : hierarchies())
    for (const auto& path : folders_in(tree + "/" + names.cgroup))
      if (auto id = base::InstanceId::parse(path.substr(path.rfind('/') + 1))) found.insert(*id);
  return {found.begin(), found.end()};
}

base::Status join_supervisors(const Names& names, pid_t pid) {
  const std::string group = supervisors_group(names);
  TRY(make_folders(group, 0755));
  if (cgroup_version() == CgroupVersion::kV2) {
    // A controller reaches a group only when its parent hands it down; without it the weight is just not set.
    (void)write_existing(root().path + "/cgroup.subtree_control", "+cpu");
    (void)write_existing(group + "/cpu.weight", "10000");
  } else {
    // Version 1 weighs each process of the host's root group by itself, so all machines together weigh several.
    const std::string machines = hierarchy("cpu") + "/" + names.cgroup;
    TRY(make_folders(machines, 0755));
    TRY(write_existing(machines + "/cpu.shares", "8192"));
    TRY(write_existing(group + "/cpu.shares", "262144"));
  }
  return write_existing(group + "/cgroup.procs", std::to_string(pid));
}

std::vector<int> host_cpus() {
  cpu_set_t set;
  CPU_ZERO(&set);
  std::vector<int> cpus;
  if (sched_getaffinity(0, sizeof set, &set) != 0) return {0};
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu)
    if (CPU_ISSET(cpu, &set)) cpus.push_back(cpu);
  return cpus;
}

std::vector<int> choose_cpus(std::int64_t vcpus, std::span<const int> host, std::span<const CpuUse> in_use) {
  std::vector<std::tuple<std::int64_t, std::int64_t, int>> load;  // promised of it, machines on it, cpu
  for (const int cpu : host) {
    std::int64_t promised = 0, users = 0;
    for (const auto& use : in_use) {
      if (std::ranges::find(use.cpus, cpu) == use.cpus.end()) continue;
      promised += use.guaranteed_milli / static_cast<std::int64_t>(use.cpus.size());
      ++users;
    }
    load.emplace_back(promised, users, cpu);
  }
  std::ranges::sort(load);
  std::vector<int> chosen;
  for (const auto& [promised, users, cpu] : load)
    if (static_cast<std::int64_t>(chosen.size()) < std::max<std::int64_t>(1, vcpus)) chosen.push_back(cpu);
  std::ranges::sort(chosen);
  return chosen;
}

CpuUse machine_cpu_use(const Names& names, const base::InstanceId& id) {
  CpuUse use;
  if (const auto list = read_file(payload(names, id, "cpuset") + "/cpuset.cpus")) use.cpus = cpus_of_list(trimmed(*list));
  const std::string group = hierarchy("cpu") + "/" + names.machine_cgroup(id);
  if (cgroup_version() == CgroupVersion::kV1)
    use.guaranteed_milli = read_number(group + "/cpu.shares").value_or(0) * 1000 / 1024;
  else
    use.guaranteed_milli = read_number(group + "/cpu.weight").value_or(0) * 10;
  return use;
}

std::vector<int> cpus_of_list(std::string_view list) {
  std::vector<int> cpus;
  for (std::size_t at = 0; at < list.size();) {
    const auto end = std::min(list.find(',', at), list.size());
    const auto part = list.substr(at, end - at);
    const auto dash = part.find('-');
    const auto first = number(part.substr(0, dash)), last = dash == part.npos ? first : number(part.substr(dash + 1));
    for (auto cpu = first; cpu <= std::min<std::int64_t>(last, CPU_SETSIZE - 1); ++cpu) cpus.push_back(static_cast<int>(cpu));
    at = end + 1;
  }
  return cpus;
}

std::string cpu_list(std::span<const int> cpus) {
  std::vector<std::string> parts;
  for (std::size_t i = 0; i < cpus.size();) {
    std::size_t j = i;
    while (j + 1 < cpus.size() && cpus[j + 1] == cpus[j] + 1) ++j;
    parts.push_back(i == j ? fmt::format("{}", cpus[i]) : fmt::format("{}-{}", cpus[i], cpus[j]));
    i = j + 1;
  }
  return fmt::format("{}", fmt::join(parts, ","));
}

}  // namespace stipend::host
