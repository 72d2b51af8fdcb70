// A real machine out of the parts alone: disk, root file system, identity, limits, configuration, network.
// STIPEND_TEST_IMAGES is a folder with the sealed image `minimal`; without it there is nothing to boot.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <lxc/lxccontainer.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>
#include <thread>

#include "host/cgroup.hpp"
#include "host/disk.hpp"
#include "host/files.hpp"
#include "host/identity.hpp"
#include "host/lxc_config.hpp"
#include "host/lxcfs.hpp"
#include "host/mount_namespace.hpp"
#include "host/network.hpp"
#include "host/preflight.hpp"
#include "host/process.hpp"
#include "host/rootfs.hpp"

namespace stipend::host {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;

const auto kInstance = *base::InstanceId::parse("i-0000000000000000a");
const auto kDisk = *base::DiskId::parse("vol-0000000000000000a");
const auto kImage = *base::ImageId::parse("ami-0000000000000000a");

template <class T>
void expect_ok(const base::Result<T>& r) {
  ASSERT_TRUE(r.has_value()) << r.error().message;
}

std::string minimal_image() {
  const char* folder = getenv("STIPEND_TEST_IMAGES");
  if (folder == nullptr) return {};
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.path().extension() != ".erofs") continue;
    std::ifstream text(fs::path(entry.path()).replace_extension(".json"));
    const auto about = nlohmann::json::parse(text, nullptr, false);
    if (about.is_object() && about.value("name", "") == "minimal") return entry.path();
  }
  return {};
}

class Machine : public testing::Test {
 protected:
  void SetUp() override {
    const std::string image = minimal_image();
    if (geteuid() != 0 || image.empty())
      GTEST_SKIP() << "needs root and STIPEND_TEST_IMAGES with the image `minimal`";
    char folder[] = "/var/tmp/stipend-test-XXXXXX";
    state_ = mkdtemp(folder);
    names_ = *Names::open(state_);
    ASSERT_TRUE(can_run(preflight(names_, {.repair = true, .private_cidr = "", .public_cidr = ""})));
    ASSERT_TRUE(lxcfs_answers());
    fs::create_directories(names_.images + "/ami");
    fs::copy_file(image, names_.image_file(kImage));
    auto network = Network::open(names_, {}, {});
    ASSERT_TRUE(network) << network.error().message;
    network_.emplace(std::move(*network));
    expect_ok(create_disk(names_, kDisk, 2));
  }
  void TearDown() override {
    if (state_.empty()) return;
    end();
    expect_ok(Network::teardown(names_));
    expect_ok(drop_mount_namespace(names_));
    expect_ok(remove_state_group(names_));
    fs::remove_all(names_.runtime);
    fs::remove_all(state_);
  }

  // Answers init's pid on the host. The keeper process is the machine's parent, as a supervisor is.
  pid_t boot(std::uint32_t slot, const MachineLimits& limits) {
    const auto first = parse_cidr(network_->ranges().private_cidr)->first,
               open = parse_cidr(network_->ranges().public_cidr)->first;
    machine_ = {kInstance, {slot}, to_address(first + 10), to_address(open + 10)};
    expect_ok(network_->add_machine(machine_));
    expect_ok(remove_machine_groups(names_, kInstance));
    keeper_ = fork();
    if (keeper_ == 0) {
      prctl(PR_SET_PDEATHSIG, SIGKILL);
      _exit(keep(limits));
    }
    for (int i = 0; i < 1000; ++i) {
      std::this_thread::sleep_for(milliseconds(20));
      if (const pid_t pid = init_pid();
          pid > 0 && read_file("/proc/" + std::to_string(pid) + "/comm").value_or("") == "systemd\n")
        return pid;
      if (waitpid(keeper_, nullptr, WNOHANG) == keeper_) break;
    }
    ADD_FAILURE() << "no init; liblxc says:\n" << read_file(state_ + "/lxc.log").value_or("nothing");
    return 0;
  }
  int keep(const MachineLimits& limits) {
    const auto complain = [](const base::Error& e) {
      fprintf(stderr, "%s\n", e.message.c_str());
      return 3;
    };
    if (auto s = enter_mount_namespace(names_); !s) return complain(s.error());
    if (auto s = prepare_rootfs(names_, {kInstance, kImage, kDisk, machine_.ids}); !s)
      return complain(s.error());
    auto notes = write_identity(names_, {.instance = kInstance,
                                         .disk = kDisk,
                                         .ids = machine_.ids,
                                         .hostname = "ada-1",
                                         .private_address = machine_.private_address,
                                         .nameserver = network_->ranges().gateway,
                                         .authorized_keys = "",
                                         .user_data = "",
                                         .jupyter_token = "0123456789abcdef"});
    if (!notes) return complain(notes.error());
    auto profile = write_seccomp_profile(names_);
    if (!profile) return complain(profile.error());
    auto items = lxc_items(names_,
                           {.instance = kInstance,
                            .ids = machine_.ids,
                            .limits = limits,
                            .hostname = "ada-1",
                            .private_address = machine_.private_address,
                            .gateway = network_->ranges().gateway,
                            .console_log = state_ + "/console",
                            .seccomp_profile = *profile},
                           host_features());
    if (!items) return complain(items.error());
    items->emplace_back("lxc.log.file", state_ + "/lxc.log");
    items->emplace_back("lxc.log.level", "WARN");
    lxc_container* c = lxc_container_new(kInstance.str().c_str(), names_.lxc_path().c_str());
    if (auto s = apply_lxc_config(c, *items); !s) return complain(s.error());
    c->want_daemonize(c, false);
    return c->start(c, 0, nullptr) ? 0 : 4;
  }
  void end() {
    if (keeper_ <= 0) return;
    expect_ok(kill_machine(names_, kInstance));
    for (int i = 0; i < 1500 && waitpid(keeper_, nullptr, WNOHANG) == 0; ++i)
      std::this_thread::sleep_for(milliseconds(20));
    kill(keeper_, SIGKILL);
    waitpid(keeper_, nullptr, 0);
    keeper_ = -1;
    EXPECT_FALSE(*machine_has_processes(names_, kInstance));
    expect_ok(network_->remove_machine(machine_));
    expect_ok(remove_machine_groups(names_, kInstance));
    const pid_t child = fork();
    if (child == 0)
      _exit(enter_mount_namespace(names_) && release_rootfs(names_, kInstance, kDisk) &&
                    remove_facts(names_, kInstance)
                ? 0
                : 1);
    int status = 0;
    waitpid(child, &status, 0);
    EXPECT_EQ(status, 0);
  }
  pid_t init_pid() const {
    lxc_container* c = lxc_container_new(kInstance.str().c_str(), names_.lxc_path().c_str());
    const pid_t pid = c->init_pid(c);
    lxc_container_put(c);
    return pid;
  }
  // A shell command as the machine's root, in its groups.
  std::string in_machine(pid_t init, const std::string& command) {
    std::string join;
    if (cgroup_version() == CgroupVersion::kV1)
      for (const char* c : {"cpuset", "memory", "cpu", "pids", "freezer"})
        join += "echo $$ > /sys/fs/cgroup/" + std::string(c) + "/" + names_.machine_cgroup(kInstance) +
                "/payload/cgroup.procs; ";
    else  // only leaves hold processes in version 2
      join = "echo $$ > /sys/fs/cgroup/" + names_.machine_cgroup(kInstance) +
             "/payload/init.scope/cgroup.procs; ";
    auto out = run_tool(
        {"sh", "-c",
         join + "exec nsenter -t " + std::to_string(init) + " -a -S 0 -G 0 -- sh -c '" + command + "' 2>&1"},
        20'000);
    return out ? std::string(trimmed(*out)) : "failed: " + out.error().message;
  }
  // As init's own child, with the capabilities and system calls that machines have. `command` without quotes.
  std::string as_service(pid_t init, const std::string& command) {
    // Without a message bus in the image systemd-run cannot wait for what it starts.
    in_machine(init, "rm -f /run/result; systemd-run --quiet -- sh -c \"{ " + command +
                         "; } >/dev/null 2>&1 && echo done > /run/result || echo refused > /run/result\"");
    return in_machine(
        init,
        "i=0; while [ $i -lt 100 ] && ! [ -s /run/result ]; do sleep 0.1; i=$((i+1)); done; cat /run/result");
  }
  void wait_booted(pid_t init) {
    std::string state;
    for (int i = 0; i < 300; ++i) {
      state = in_machine(init, "systemctl is-system-running; true");
      if (state.find("running") != std::string::npos || state.find("degraded") != std::string::npos) break;
      std::this_thread::sleep_for(milliseconds(100));
    }
    EXPECT_EQ(state, "running") << in_machine(
        init, "systemctl --failed --no-legend; journalctl -b -p err --no-pager | tail");
  }

  std::string state_;
  Names names_;
  std::optional<Network> network_;
  MachineNetwork machine_;
  pid_t keeper_ = -1;
};

TEST_F(Machine, BootsTwiceOnOneDiskWithTwoIdRangesAndSeesItsOwnSize) {
  const MachineLimits small{
      .cpu_milli = 1000, .cpus = choose_cpus(1, host_cpus(), {}), .memory_bytes = 1ll << 30, .pids = 4096};
  pid_t init = boot(21, small);
  ASSERT_GT(init, 0);
  wait_booted(init);
  EXPECT_TRUE(is_in_machine(names_, kInstance, init));
  EXPECT_FALSE(is_in_machine(names_, kInstance, getpid()));
  EXPECT_EQ(in_machine(init, "nproc"), "1");
  EXPECT_EQ(in_machine(init, "free -m | sed -n 2p | cut -c1-20 | tr -s \" \" | cut -d\" \" -f2"), "1024");
  EXPECT_NEAR(std::stod(in_machine(init, "df -m --output=size / | tail -1")), 2048, 120);
  EXPECT_EQ(in_machine(init, "hostname"), "ada-1");
  EXPECT_EQ(in_machine(init, "cat /etc/stipend/instance-id"), kInstance.str());
  EXPECT_EQ(
      in_machine(init,
                 "echo kept > /home/ubuntu/f && chown ubuntu /home/ubuntu/f && stat -c %u /home/ubuntu/f"),
      "1000");
  auto usage = machine_usage(names_, kInstance);
  expect_ok(usage);
  EXPECT_GT(usage->cpu_ns, 10'000'000);
  EXPECT_GT(usage->memory_bytes, 5 << 20);
  EXPECT_GT(usage->processes, 2);
  expect_ok(freeze_machine(names_, kInstance));
  expect_ok(thaw_machine(names_, kInstance));
  end();

  const MachineLimits medium{
      .cpu_milli = 2000, .cpus = choose_cpus(2, host_cpus(), {}), .memory_bytes = 2ll << 30, .pids = 4096};
  init = boot(77, medium);
  ASSERT_GT(init, 0);
  wait_booted(init);
  EXPECT_EQ(in_machine(init, "nproc"), std::to_string(std::min<std::size_t>(2, host_cpus().size())));
  EXPECT_EQ(in_machine(init, "cat /home/ubuntu/f; stat -c %U /home/ubuntu/f; su ubuntu -c \"sudo -n id -u\""),
            "kept\nubuntu\n0");
}

TEST_F(Machine, KernelSurfaceIsClosed) {
  const pid_t init = boot(22, {.cpu_milli = 1000, .cpus = {}, .memory_bytes = 1ll << 30, .pids = 4096});
  ASSERT_GT(init, 0);
  const auto status = *read_file("/proc/" + std::to_string(init) + "/status");
  EXPECT_NE(status.find("Seccomp:\t2"), std::string::npos);
  const auto at = status.find("CapBnd:\t");
  const auto bounding = std::stoull(status.substr(at + 8, 16), nullptr, 16);
  for (const int cap : {12 /*net_admin*/, 13 /*net_raw*/, 16 /*sys_module*/, 17 /*sys_rawio*/,
                        25 /*sys_time*/, 27 /*mknod*/, 34 /*syslog*/})
    EXPECT_EQ(bounding >> cap & 1, 0u) << cap;
  wait_booted(init);
  for (const char* refused :
       {"unshare --user true", "mknod /tmp/sda b 8 0", "dmesg", "date -s 2020-01-01", "ip link set eth0 down",
        "ip addr add 10.64.0.77/32 dev eth0", "touch /etc/stipend/x", "mount -o remount,rw /etc/stipend",
        "cat /proc/kcore", "echo 1 > /proc/sys/kernel/panic"})
    EXPECT_EQ(as_service(init, refused), "refused") << refused;
  EXPECT_EQ(as_service(init, "unshare --mount --pid --fork true"), "done");
  EXPECT_EQ(as_service(init, "touch /tmp/x && mount -t tmpfs none /mnt"), "done");
}

TEST_F(Machine, SshAnswersOnThePublicAddressAndTheConsoleLogHasALimit) {
  const pid_t init = boot(23, {.cpu_milli = 1000, .cpus = {}, .memory_bytes = 1ll << 30, .pids = 4096});
  ASSERT_GT(init, 0);
  wait_booted(init);
  auto banner =
      run_tool({"bash", "-c", "exec 3<>/dev/tcp/" + machine_.public_address + "/22; head -c 7 <&3"}, 5000);
  EXPECT_EQ(banner.value_or(banner ? "" : banner.error().message), "SSH-2.0");
  in_machine(init, "yes a line of noise | head -c 4000000 > /dev/console");
  EXPECT_GT(fs::file_size(state_ + "/console"), 0u);
  EXPECT_LE(fs::file_size(state_ + "/console"), 300u << 10);
}

TEST_F(Machine, LimitsHoldAgainstTheGuest) {
  const pid_t init = boot(
      24,
      {.cpu_milli = 500, .cpus = choose_cpus(1, host_cpus(), {}), .memory_bytes = 256ll << 20, .pids = 300});
  ASSERT_GT(init, 0);
  wait_booted(init);
  const auto start = std::chrono::steady_clock::now();
  const auto before = machine_usage(names_, kInstance);
  EXPECT_EQ(in_machine(init, "timeout 2 sh -c \"while :; do :; done\"; true"), "");
  const auto used = machine_usage(names_, kInstance)->cpu_ns - before->cpu_ns;
  const auto passed = std::chrono::nanoseconds(std::chrono::steady_clock::now() - start).count();
  EXPECT_LT(static_cast<double>(used) / static_cast<double>(passed), 0.6) << "it may use half a CPU";
  EXPECT_EQ(as_service(init, "head -c 400000000 /dev/zero | tail"), "refused");
  in_machine(init,
             "systemd-run --quiet --property TasksMax=infinity -- sh -c \"while sleep 5 & do :; done\"");
  std::int64_t most = 0;
  for (int i = 0; i < 40; ++i, std::this_thread::sleep_for(milliseconds(50)))
    most = std::max(most, machine_usage(names_, kInstance)->processes);
  EXPECT_LE(most, 300);
  EXPECT_GT(most, 280);
}

}  // namespace
}  // namespace stipend::host
