#include "host/course_folder.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <optional>
#include <vector>

#include "host/disk.hpp"
#include "host/files.hpp"
#include "host/mounts.hpp"

namespace stipend::host {
namespace {

using base::fail_errno;

constexpr uid_t kUbuntu = 1000;

// Between two machines that come and go: who looks whether the disk is mounted or still used holds it.
base::Result<Fd> lock(const Names& names) { return lock_file(names.runtime + "/course.lock", 20'000); }

std::optional<dev_t> device_of(const std::string& path) {
  struct stat s{};
  if (stat(path.c_str(), &s) != 0) return std::nullopt;
  return s.st_dev;
}

std::vector<std::string> entries(const std::string& folder) {
  std::vector<std::string> found;
  const std::unique_ptr<DIR, int (*)(DIR*)> open(opendir(folder.c_str()), closedir);
  while (open) {
    const dirent* entry = readdir(open.get());
    if (!entry) break;
    if (entry->d_name[0] != '.') found.emplace_back(entry->d_name);
  }
  return found;
}

// The folder that is shared, on the disk beside lost+found; the login's, so that staff need no sudo.
base::Result<std::string> shared_folder(const std::string& raw) {
  const std::string folder = raw + "/course";
  if (!exists(folder)) {
    if (mkdir(folder.c_str(), 0755) != 0) return fail_errno("make the course's folder", errno);
    if (chown(folder.c_str(), kUbuntu, kUbuntu) != 0) return fail_errno("chown the course's folder", errno);
  }
  return folder;
}

base::Status unmount_if_unused(const Names& names, dev_t device) {
  const std::string clones = names.mounts + "/course";
  for (const auto& machine : entries(clones))
    if (is_mount_point(clones + "/" + machine) && device_of(clones + "/" + machine) == device) return {};
  for (const auto& name : entries(names.mounts + "/disks")) {
    const auto disk = base::DiskId::parse(name);
    if (!disk) continue;
    const auto raw = raw_disk_path(names, *disk);
    if (is_mount_point(raw) && device_of(raw) == device) return unmount_disk(names, *disk);
  }
  return {};
}

base::Status release(const Names& names, const base::InstanceId& instance) {
  const std::string target = names.machine_course(instance);
  if (is_mount_point(target)) {
    const auto device = device_of(target);
    TRY(unmount(target));
    if (device) TRY(unmount_if_unused(names, *device));
  }
  rmdir(target.c_str());
  return {};
}

}  // namespace

base::Result<std::string> prepare_course_folder(const Names& names, const CourseFolderSpec& spec) {
  TRY_ASSIGN(const Fd held, lock(names));
  TRY(release(names, spec.instance));
  const std::string target = names.machine_course(spec.instance), raw = raw_disk_path(names, spec.disk);
  auto made = [&]() -> base::Status {
    TRY(create_disk(names, spec.disk, spec.gib));
    if (!is_mount_point(raw)) TRY(mount_disk(names, spec.disk));
    TRY_ASSIGN(const std::string folder, shared_folder(raw));
    TRY(make_folders(target, 0711));
    return mount_idmapped(folder, target, spec.ids, spec.writable ? Clone::kFiles : Clone::kReadOnlyFiles);
  }();
  if (!made) {
    (void)release(names, spec.instance);
    if (const auto device = is_mount_point(raw) ? device_of(raw) : std::nullopt) (void)unmount_if_unused(names, *device);
    return std::unexpected(std::move(made).error());
  }
  return target;
}

base::Status retain_course_folders(const Names& names, std::span<const base::InstanceId> keep) {
  TRY_ASSIGN(const Fd held, lock(names));
  for (const auto& name : entries(names.mounts + "/course"))
    if (const auto instance = base::InstanceId::parse(name); instance && std::ranges::find(keep, *instance) == keep.end()) TRY(release(names, *instance));
  return {};
}

base::Status release_course_folder(const Names& names, const base::InstanceId& instance) {
  TRY_ASSIGN(const Fd held, lock(names));
  return release(names, instance);
}

}  // namespace stipend::host
