// Freezing, killing and removing with the kernel's own groups of both versions. On a hybrid host version 2 is
// tried in its `unified` folder, which has the core files (freeze, kill, events) though no controllers.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <thread>

#include "host/cgroup.hpp"
#include "host/files.hpp"

namespace stipend::host {
namespace {

const auto kInstance = *base::InstanceId::parse("i-000000000000000cc");

struct Tree {
  CgroupVersion version;
  std::string root, group;  // `group`: the hierarchy whose processes count
};

std::vector<Tree> trees() {
  if (cgroup_version() == CgroupVersion::kV2)
    return {{CgroupVersion::kV2, "/sys/fs/cgroup", "/sys/fs/cgroup"}};
  std::vector<Tree> both{{CgroupVersion::kV1, "/sys/fs/cgroup", "/sys/fs/cgroup/freezer"}};
  if (exists("/sys/fs/cgroup/unified/cgroup.procs"))
    both.push_back({CgroupVersion::kV2, "/sys/fs/cgroup/unified", "/sys/fs/cgroup/unified"});
  return both;
}

// A machine of three processes, one of them in a group that the guest made itself; it forks for ever.
pid_t fill(const std::string& payload) {
  EXPECT_TRUE(make_folders(payload + "/own", 0755));
  const pid_t pid = fork();
  if (pid == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (int i = 0; i < 2; ++i)
      if (fork() == 0) {
        (void)write_existing(payload + "/own/cgroup.procs", std::to_string(getpid()));
        signal(SIGCHLD, SIG_IGN);
        for (;;) {
          if (fork() == 0) _exit(0);
          usleep(500);
        }
      }
    for (;;) pause();
  }
  EXPECT_TRUE(write_existing(payload + "/cgroup.procs", std::to_string(pid)));
  std::this_thread::sleep_for(std::chrono::milliseconds(30));
  return pid;
}

TEST(Cgroup, MachineIsFrozenKilledAndRemovedInBothVersions) {
  if (geteuid() != 0) GTEST_SKIP() << "needs root";
  const Names names = Names::of("/var/tmp/stipend-test-cgroup");
  for (const auto& tree : trees()) {
    set_cgroup_root(tree.root);
    ASSERT_EQ(cgroup_version(), tree.version);
    const pid_t pid = fill(tree.group + "/" + names.machine_cgroup(kInstance) + "/payload");
    EXPECT_TRUE(*machine_has_processes(names, kInstance));
    EXPECT_TRUE(is_in_machine(names, kInstance, pid));
    EXPECT_FALSE(is_in_machine(names, kInstance, getpid()));
    EXPECT_EQ(machines_with_groups(names), std::vector{kInstance});
    const auto frozen = freeze_machine(names, kInstance);
    EXPECT_TRUE(frozen) << frozen.error().message;
    const auto killed = kill_machine(names, kInstance);  // of a frozen machine, as at a lease's end
    EXPECT_TRUE(killed) << killed.error().message;
    EXPECT_FALSE(*machine_has_processes(names, kInstance));
    int status = 0;
    EXPECT_EQ(waitpid(pid, &status, 0), pid);
    EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    const pid_t straggler = fill(tree.group + "/" + names.machine_cgroup(kInstance) + "/monitor");
    const auto removed = remove_machine_groups(names, kInstance);
    EXPECT_TRUE(removed) << removed.error().message;
    EXPECT_EQ(waitpid(straggler, &status, 0), straggler);
    EXPECT_TRUE(remove_machine_groups(names, kInstance));
    EXPECT_TRUE(kill_machine(names, kInstance)) << "of a machine that is not there";
    EXPECT_TRUE(remove_state_group(names));
    EXPECT_TRUE(machines_with_groups(names).empty());
    EXPECT_FALSE(exists(tree.group + "/" + names.cgroup));
  }
  set_cgroup_root("/sys/fs/cgroup");
}

// It would hold mounts and groups of a state that goes down.
TEST(Cgroup, ASupervisorThatNobodyKnowsIsEnded) {
  if (geteuid() != 0) GTEST_SKIP() << "needs root";
  const Names names = Names::of("/var/tmp/stipend-test-cgroup-supervisors");
  const pid_t supervisor = fork();
  if (supervisor == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (;;) pause();
  }
  ASSERT_TRUE(join_supervisors(names, supervisor));
  if (cgroup_version() == CgroupVersion::kV1) {  // what enforcement weighs is not the machines' to use
    const auto shares = [&](const std::string& group) {
      return std::stoll(read_file("/sys/fs/cgroup/cpu/" + group + "/cpu.shares").value_or("0"));
    };
    EXPECT_GT(shares(names.cgroup + "-supervisors"), 10 * shares(names.cgroup));
  }
  EXPECT_TRUE(end_supervisors(names));
  int status = 0;
  EXPECT_EQ(waitpid(supervisor, &status, 0), supervisor);
  EXPECT_EQ(WTERMSIG(status), SIGKILL);
  EXPECT_TRUE(end_supervisors(names));  // nobody is there
  EXPECT_TRUE(remove_state_group(names));
}

TEST(Cgroup, AFileWorkerHasLimitsAndLittleWeightAndGoesWithoutATrace) {
  if (geteuid() != 0) GTEST_SKIP() << "needs root";
  const Names names = Names::of("/var/tmp/stipend-test-cgroup-files");
  const pid_t worker = fork();
  if (worker == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (;;) pause();
  }
  const auto joined = join_file_workers(names, "vol-1@2026-01-01", worker);
  ASSERT_TRUE(joined) << joined.error().message;
  const bool v2 = cgroup_version() == CgroupVersion::kV2;
  const auto read = [&](const char* controller, const std::string& path) {
    const std::string folder = v2 ? "/sys/fs/cgroup/" : std::string("/sys/fs/cgroup/") + controller + "/";
    return std::stoll(read_file(folder + names.cgroup + "-files/" + path).value_or("-1"));
  };
  EXPECT_EQ(read("memory", v2 ? "vol-1@2026-01-01/memory.max" : "vol-1@2026-01-01/memory.limit_in_bytes"), kFileWorkerMemory);
  EXPECT_EQ(read("pids", "vol-1@2026-01-01/pids.max"), kFileWorkerPids);
  EXPECT_LE(read("cpu", v2 ? "cpu.weight" : "cpu.shares"), v2 ? 10 : 256);
  EXPECT_EQ(read("memory", "vol-1@2026-01-01/cgroup.procs"), worker);
  EXPECT_FALSE(remove_file_worker(names, "vol-1@2026-01-01")) << "it is still there";
  EXPECT_TRUE(end_file_workers(names));
  int status = 0;
  EXPECT_EQ(waitpid(worker, &status, 0), worker);
  EXPECT_EQ(WTERMSIG(status), SIGKILL);
  EXPECT_TRUE(remove_file_worker(names, "vol-1@2026-01-01"));
  for (const char* folder : {"", "memory/", "pids/", "cpu/"}) EXPECT_FALSE(exists(std::string("/sys/fs/cgroup/") + folder + names.cgroup + "-files"));
}

}  // namespace
}  // namespace stipend::host
