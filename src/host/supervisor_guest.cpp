#include "host/supervisor_guest.hpp"

#include <fcntl.h>
#include <lxc/attach_options.h>
#include <lxc/lxccontainer.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.hpp"
#include "host/cgroup.hpp"
#include "host/course_folder.hpp"
#include "host/disk.hpp"
#include "host/disk_copy.hpp"
#include "host/home.hpp"
#include "host/identity.hpp"
#include "host/lxc_config.hpp"
#include "host/mounts.hpp"
#include "host/rootfs.hpp"
#include "host/snapshots.hpp"

namespace stipend::host {
namespace {

void say(int fd, std::string text) {
  text.resize(std::min<std::size_t>(text.size(), 2048));
  [[maybe_unused]] const auto n = ::write(fd, text.data(), text.size());
}

int answer(const base::Status& status, int said) {
  if (status) return 0;
  say(said, status.error().message);
  return 1;
}

base::Status prepare(const Names& names, const SupervisorSpec& spec) {
  const auto& start = spec.start;
  TRY(remove_machine_groups(names, start.key.instance));
  if (auto weighed = set_machine_weight(names, start.key.instance, guaranteed_milli(start)); !weighed)
    base::log::warn("the machine's share of the CPUs could not be set",
                    {{"instance", start.key.instance.str()}, {"error", weighed.error().message}});
  TRY(start.root_source.empty() ? create_disk(names, start.disk, start.root_gib)
                                : create_disk_from(names, start.disk, start.root_gib, start.root_source));
  TRY(prepare_rootfs(names, {start.key.instance, start.image, start.disk, spec.ids}));
  if (!start.home.empty())
    TRY(prepare_home(names, {start.key.instance, start.home, start.home_gib, start.image, spec.ids}));
  if (!start.course.empty()) {
    const auto folder = prepare_course_folder(
        names, {start.key.instance, start.course, start.course_gib, start.course_writable, spec.ids});
    if (!folder)
      base::log::error("this machine starts without its course's folder",
                       {{"instance", start.key.instance.str()}, {"why", folder.error().message}});
  }
  TRY_ASSIGN(const auto remarks, write_identity(names, {.instance = start.key.instance,
                                                        .disk = start.disk,
                                                        .ids = spec.ids,
                                                        .own_home = start.home.empty(),
                                                        .hostname = start.hostname,
                                                        .private_address = start.private_address,
                                                        .nameserver = spec.gateway,
                                                        .authorized_keys = start.authorized_keys,
                                                        .user_data = start.user_data,
                                                        .jupyter_token = start.jupyter_token,
                                                        .proxy = spec.proxy}));
  for (const auto& remark : remarks)
    base::log::warn("a file of the machine could not be written",
                    {{"instance", start.key.instance.str()}, {"remark", remark}});
  return {};
}

base::Status unmake(const Names& names, const base::InstanceId& instance, const OwnDisks& disks) {
  const auto killed = kill_whole_machine(names, instance, disks);
  const auto released = release_rootfs(names, instance, disks.root);
  const auto course = release_course_folder(names, instance);
  const auto home = disks.home.empty() ? base::Status{} : release_home(names, instance, disks.home);
  for (const auto& disk : {disks.root, disks.home})  // a preparation that was ended may have left it
    if (!disk.empty()) drop_unfinished_disk(names, disk);
  const auto facts = remove_facts(names, instance);
  const auto groups = remove_machine_groups(names, instance);
  TRY(killed);
  TRY(released);
  TRY(course);
  TRY(home);
  TRY(facts);
  return groups;
}

std::string mounted(std::string path) { return is_mount_point(path) ? path : std::string(); }

base::Result<lxc_container*> make_container(const Names& names, const SupervisorSpec& spec) {
  const auto paths = RunPaths::of(names, spec.start.key);
  const auto host = host_features();
  if (!host.lxcfs)
    base::log::warn("lxcfs does not answer: this machine will see its host's memory and CPUs",
                    {{"instance", spec.start.key.instance.str()}});
  TRY_ASSIGN(const auto items, lxc_items(names,
                                         {.instance = spec.start.key.instance,
                                          .ids = spec.ids,
                                          .limits = {.cpu_milli = spec.start.vcpus * 1000,
                                                     .cpus = spec.cpus,
                                                     .memory_bytes = spec.start.memory_mib << 20},
                                          .hostname = spec.start.hostname,
                                          .private_address = spec.start.private_address,
                                          .gateway = spec.gateway,
                                          .console_log = paths.console,
                                          .seccomp_profile = spec.seccomp,
                                          .home = mounted(names.machine_home(spec.start.key.instance)),
                                          .course = mounted(names.machine_course(spec.start.key.instance))},
                                         host));
  lxc_container* container = lxc_container_new(spec.start.key.instance.str().c_str(), paths.lxc.c_str());
  if (!container)
    return base::fail(base::Fault::kInternal, "LxcFailed",
                      "liblxc did not make a container; see the log of stipend-host");
  container->clear_config(container);
  TRY(apply_lxc_config(container, items));
  if (!container->set_config_item(container, "lxc.log.file", paths.lxc_log.c_str()) ||
      !container->set_config_item(container, "lxc.log.level", "ERROR"))
    return base::fail(base::Fault::kInternal, "LxcFailed", "liblxc refused its log file " + paths.lxc_log);
  return container;
}

// Until its systemd has mounted /run and made its mark there: what ran before would write under the mounts.
void wait_until_booted(pid_t init) {
  const std::string mark = "/proc/" + std::to_string(init) + "/root/run/systemd/system";
  for (int i = 0; i < 200 && access(mark.c_str(), F_OK) != 0; ++i) usleep(50'000);
}

// In a session of its own, so that all of it can be ended at once.
int exec_in_session(void* payload) {
  auto* argv = static_cast<char**>(payload);
  setsid();
  execv(argv[0], argv);
  return 127;
}

}  // namespace

base::Status kill_whole_machine(const Names& names, const base::InstanceId& instance, const OwnDisks& disks) {
  for (const auto& disk : {disks.root, disks.home})
    if (!disk.empty()) thaw_disk(names, disk);
  return kill_machine(names, instance);
}

int prepare_machine(const Names& names, const SupervisorSpec& spec, int said) {
  return answer(prepare(names, spec), said);
}

int unmake_machine(const Names& names, const base::InstanceId& instance, const OwnDisks& disks, int said) {
  return answer(unmake(names, instance, disks), said);
}

int run_machine(const Names& names, const SupervisorSpec& spec, pid_t supervisor, int said) {
  auto container = make_container(names, spec);
  if (!container) {
    say(said, container.error().message);
    return kStartFailed;
  }
  lxc_container* c = *container;
  c->want_daemonize(c, false);
  c->want_close_all_fds(c, true);
  // Set again: the kernel forgets it whenever a process changes its filesystem or effective ids.
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != supervisor) return kStartFailed;
  const bool ok = c->start(c, 0, nullptr);
  const int status = c->error_num;
  base::log::info("liblxc returned",
                  {{"instance", spec.start.key.instance.str()}, {"ok", ok}, {"status", status}});
  // Init's wait status as liblxc keeps it: the signal is in the second byte, marked by 0x7f, or as wait(2)
  // has it. A container's own halt and power-off show as SIGINT; SIGKILL never comes from inside.
  const int killed_by = (status & 0x7f) == 0x7f ? status >> 8 & 0x7f : status & 0x7f;
  if (killed_by == SIGKILL) return kInitKilled;
  return ok ? kGuestEnded : kStartFailed;
}

int run_in_guest(const Names& names, const SupervisorSpec& spec, pid_t init,
                 const std::vector<std::string>& command, int said) {
  wait_until_booted(init);
  auto container = make_container(names, spec);
  if (!container) return 126;
  std::vector<char*> argv;
  for (const auto& word : command) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  const int null = open("/dev/null", O_RDWR | O_CLOEXEC);
  char path[] = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
  char* environment[] = {path, nullptr};
  lxc_attach_options_t options = LXC_ATTACH_OPTIONS_DEFAULT;
  options.env_policy = LXC_ATTACH_CLEAR_ENV;
  options.extra_env_vars = environment;
  char root[] = "/";
  options.initial_cwd = root;
  options.uid = 0;
  options.gid = 0;
  options.stdin_fd = options.stdout_fd = options.stderr_fd = null;
  pid_t pid = -1;
  if ((*container)->attach(*container, exec_in_session, argv.data(), &options, &pid) != 0 || pid <= 0)
    return 126;
  say(said, std::to_string(pid) + "\n");
  int status = 0;
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 125;
}

}  // namespace stipend::host
