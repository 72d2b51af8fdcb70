#include "host/home.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>

#include "host/disk.hpp"
#include "host/files.hpp"
#include "host/mounts.hpp"
#include "host/process.hpp"
#include "host/rootfs.hpp"
#include "host/tree.hpp"

namespace stipend::host {
namespace {

using base::fail_errno;

constexpr uid_t kUbuntu = 1000;
constexpr int kFillMs = 20'000;

bool is_folder(const std::string& path) {
  struct stat s{};
  return lstat(path.c_str(), &s) == 0 && S_ISDIR(s.st_mode);
}

// Both sides are ours: a sealed image, and a disk that no machine has seen. The rename is the mark that it is whole.
base::Status fill(const std::string& raw, const std::string& skeleton) {
  const std::string home = raw + "/home", temporary = raw + "/home.new";
  if (is_folder(home)) return {};
  std::error_code error;
  std::filesystem::remove_all(temporary, error);
  if (error) return fail_errno("empty " + temporary, error.value());
  if (is_folder(skeleton)) {
    TRY(run_tool({"cp", "-a", "--one-file-system", "--no-target-directory", "--", skeleton, temporary}, kFillMs));
  } else {
    TRY(make_folders(temporary, 0755));
  }
  if (chown(temporary.c_str(), kUbuntu, kUbuntu) != 0) return fail_errno("chown the new home", errno);
  Fd disk(open(raw.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!disk || syncfs(disk.get()) != 0 || rename(temporary.c_str(), home.c_str()) != 0 || syncfs(disk.get()) != 0)
    return fail_errno("finish the new home", errno);
  return {};
}

}  // namespace

base::Result<std::string> prepare_home(const Names& names, const HomeSpec& spec) {
  TRY(release_home(names, spec.instance, spec.disk));
  const std::string target = names.machine_home(spec.instance);
  auto made = [&]() -> base::Status {
    TRY(create_disk(names, spec.disk, spec.gib));
    TRY_ASSIGN(const std::string raw, mount_disk(names, spec.disk));
    TRY(fill(raw, image_path(names, spec.image) + "/" + kLoginHome));
    TRY(make_folders(target, 0711));
    TRY(mount_idmapped(raw + "/home", target, spec.ids, Clone::kFiles));
    TRY_ASSIGN(const Tree tree, Tree::open(names.machine_root(spec.instance)));
    FsUser guest_root(spec.ids.base(), spec.ids.base());
    for (const char* folder : {"home", kLoginHome})
      if (auto there = tree.make_folder(folder, 0755); !there)
        return base::fail(base::Fault::kInvalid, "NoHomeFolder",
                          "/" + std::string(folder) +
                              " of its root disk is not a folder, so the home has no place; start it on a new root");
    return {};
  }();
  if (!made) {
    (void)release_home(names, spec.instance, spec.disk);
    return std::unexpected(std::move(made).error());
  }
  return target;
}

base::Status release_home(const Names& names, const base::InstanceId& instance, const base::DiskId& disk) {
  const std::string target = names.machine_home(instance);
  TRY(unmount(target));
  rmdir(target.c_str());
  return unmount_disk(names, disk);
}

}  // namespace stipend::host
