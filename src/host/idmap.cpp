#include "host/idmap.hpp"

#include <fcntl.h>
#include <fmt/core.h>
#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <map>
#include <set>
#include <sstream>

#include "host/files.hpp"

namespace stipend::host {
namespace {

const std::string kRegistry = "/run/stipend/idranges";

// slot -> "HASH INSTANCE"
using Table = std::map<std::uint32_t, std::string>;

base::Result<Table> load() {
  Table table;
  if (!exists(kRegistry)) return table;
  TRY_ASSIGN(std::string text, read_file(kRegistry));
  std::istringstream lines(text);
  std::uint32_t slot;
  std::string hash, instance;
  while (lines >> slot >> hash >> instance) table[slot] = hash + " " + instance;
  return table;
}

base::Status save(const Table& table) {
  std::string text;
  for (const auto& [slot, owner] : table) text += fmt::format("{} {}\n", slot, owner);
  return write_file_atomic(kRegistry, text, 0600, Keep::kFleeting);
}

base::Result<Fd> lock() {
  TRY(make_folders("/run/stipend", 0755));
  return lock_file("/run/stipend/idranges.lock");
}

}  // namespace

base::Result<IdRange> acquire_ids(const Names& names, const base::InstanceId& id) {
  TRY_ASSIGN(Fd held, lock());
  TRY_ASSIGN(Table table, load());
  const std::string owner = names.hash + " " + id.str();
  for (const auto& [slot, who] : table)
    if (who == owner) return IdRange{slot};
  std::uint32_t slot = 0;
  while (table.contains(slot)) ++slot;
  if (slot >= kIdSlots)
    return base::fail(base::Fault::kNoRoom, "NoIdRange",
                      "all user-id ranges of this host are in use; stop machines first");
  table[slot] = owner;
  TRY(save(table));
  return IdRange{slot};
}

base::Status release_ids(const Names& names, const base::InstanceId& id) {
  TRY_ASSIGN(Fd held, lock());
  TRY_ASSIGN(Table table, load());
  const std::string owner = names.hash + " " + id.str();
  if (std::erase_if(table, [&](const auto& e) { return e.second == owner; }) == 0) return {};
  return save(table);
}

base::Status retain_ids(const Names& names, std::span<const base::InstanceId> keep) {
  TRY_ASSIGN(Fd held, lock());
  TRY_ASSIGN(Table table, load());
  std::set<std::string> kept;
  for (const auto& id : keep) kept.insert(names.hash + " " + id.str());
  const auto removed = std::erase_if(table, [&](const auto& e) {
    return e.second.starts_with(names.hash + " ") && !kept.contains(e.second);
  });
  if (removed == 0) return {};
  return save(table);
}

base::Result<Fd> user_namespace(IdRange ids) {
  // The child only has to exist in the new namespace until /proc/PID/ns/user is open.
  // It makes system calls only, so forking is safe in a process with threads.
  int ready[2];
  if (pipe2(ready, O_CLOEXEC) != 0) return base::fail_errno("pipe", errno);
  Fd reader(ready[0]), writer(ready[1]);
  const pid_t child = fork();
  if (child < 0) return base::fail_errno("fork", errno);
  if (child == 0) {
    char answer = static_cast<char>(unshare(CLONE_NEWUSER) == 0 ? 0 : errno);
    if (write(writer.get(), &answer, 1) != 1) _exit(1);
    // Waits for the parent's SIGKILL; ends by itself when the parent is gone.
    alarm(10);
    for (;;) pause();
  }
  writer.reset();
  struct Reaper {
    pid_t pid;
    ~Reaper() {
      kill(pid, SIGKILL);
      while (waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
      }
    }
  } reaper{child};
  char answer = 0;
  if (read(reader.get(), &answer, 1) != 1)
    return base::fail(base::Fault::kInternal, "UserNamespace", "the helper for a user namespace died");
  if (answer != 0)
    return base::fail_errno("make a user namespace (the sysctl user.max_user_namespaces must not be 0)",
                            answer);
  const std::string proc = fmt::format("/proc/{}/", child),
                    map = fmt::format("0 {} {}\n", ids.base(), kIdCount);
  TRY(write_existing(proc + "uid_map", map));
  TRY(write_existing(proc + "gid_map", map));
  Fd ns(open((proc + "ns/user").c_str(), O_RDONLY | O_CLOEXEC));
  if (!ns) return base::fail_errno("open " + proc + "ns/user", errno);
  return ns;
}

}  // namespace stipend::host
