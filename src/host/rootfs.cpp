#include "host/rootfs.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/core.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>

#include "host/disk.hpp"
#include "host/files.hpp"
#include "host/mounts.hpp"

namespace stipend::host {
namespace {

using base::fail;
using base::fail_errno;
using base::Fault;

std::string lower_path(const Names& names, const base::InstanceId& id) {
  return names.mounts + "/lower/" + id.str();
}

// Whole, as its super block says (Linux fs/erofs/erofs_fs.h: at 1024; magic +0, log2 of the block +12, blocks +36):
// the kernel would mount one that was cut off, and the machine die in its boot.
bool is_whole_erofs(const Fd& file) {
  struct Super {
    std::uint32_t magic, checksum, features;
    std::uint8_t block_bits, rest[23];
    std::uint32_t blocks;
  } super{};
  static_assert(offsetof(Super, blocks) == 36);
  struct stat s{};
  return fstat(file.get(), &s) == 0 && pread(file.get(), &super, sizeof super, 1024) == sizeof super &&
         super.magic == 0xE0F5E1E2 && super.block_bits < 32 &&
         s.st_size >= static_cast<off_t>(super.blocks) << super.block_bits;
}

// Once for the state, read-only and without set-uid or devices: only the idmapped clones are for guests.
base::Result<std::string> mount_image(const Names& names, const base::ImageId& image) {
  const std::string file = names.image_file(image), target = image_path(names, image);
  TRY_ASSIGN(Fd lock, lock_file(names.runtime + "/images.lock", 20'000));
  if (is_mount_point(target)) return target;
  if (!exists(file))
    return fail(
        Fault::kNotFound, "InvalidAMIID.NotFound",
        "the image " + image.str() + " is not in " + names.images + "; build it with `stipend image build`");
  TRY(make_folders(target, 0700));
  TRY_ASSIGN(Fd blocks, open_trusted(AT_FDCWD, file, true));
  if (!is_whole_erofs(blocks))
    return fail(Fault::kInvalid, "InvalidAMI",
                "the image file " + file + " is damaged; build it again with `stipend image build`");
  TRY_ASSIGN(Loop loop, attach_loop(blocks, true));
  if (::mount(loop.device.c_str(), target.c_str(), "erofs", MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC,
              nullptr) != 0)
    return fail_errno("mount the image " + file, errno);
  return target;
}

// Stored ids: root owns both. `work` must be empty of what an interrupted mount left.
base::Status make_layers(const std::string& raw) {
  const std::string upper = raw + "/upper", work = raw + "/work";
  std::error_code error;
  std::filesystem::remove_all(work, error);
  if (error) return fail_errno("empty " + work, error.value());
  TRY(make_folders(upper, 0755));
  TRY(make_folders(work, 0755));
  return {};
}

base::Status mount_overlay(const std::string& lower, const std::string& clone, const std::string& target,
                           IdRange ids) {
  // A guest cannot make the kernel follow redirects or metadata of its own making.
  const std::string options = fmt::format(
      "lowerdir={},upperdir={}/upper,workdir={}/work,metacopy=off,redirect_dir=nofollow,index=off", lower,
      clone, clone);
  // Without an id that the idmapped upper layer knows the kernel mounts it read-only.
  FsUser root_of_guest(ids.base(), ids.base());
  if (::mount("overlay", target.c_str(), "overlay", MS_NODEV | MS_NOATIME, options.c_str()) != 0)
    return fail_errno("mount the root file system", errno);
  return {};
}

bool has_init(const std::string& root) {
  for (const char* path : {"/sbin/init", "/usr/sbin/init", "/usr/lib/systemd/systemd"}) {
    struct stat s{};
    if (lstat((root + path).c_str(), &s) == 0) return true;
  }
  return false;
}

}  // namespace

std::string image_path(const Names& names, const base::ImageId& image) { return names.mounts + "/images/" + image.str(); }

base::Result<std::string> prepare_rootfs(const Names& names, const RootfsSpec& spec) {
  TRY(release_rootfs(names, spec.instance, spec.disk));
  const std::string lower = lower_path(names, spec.instance), root = names.machine_root(spec.instance);
  auto made = [&]() -> base::Status {
    TRY_ASSIGN(std::string image, mount_image(names, spec.image));
    TRY(make_folders(lower, 0700));
    TRY(mount_idmapped(image, lower, spec.ids));
    TRY_ASSIGN(std::string clone, attach_disk(names, spec.disk, spec.ids));
    TRY(make_layers(raw_disk_path(names, spec.disk)));
    TRY(make_folders(root, 0711));
    TRY(mount_overlay(lower, clone, root, spec.ids));
    // liblxc does not come back from start() on a tree without one.
    if (!has_init(root))
      return fail(Fault::kInvalid, "InvalidAMI",
                  "the root file system has no /sbin/init; the image or the disk is damaged");
    return {};
  }();
  if (!made) {
    (void)release_rootfs(names, spec.instance, spec.disk);
    return std::unexpected(std::move(made).error());
  }
  return root;
}

base::Status release_rootfs(const Names& names, const base::InstanceId& instance, const base::DiskId& disk) {
  const std::string lower = lower_path(names, instance), root = names.machine_root(instance);
  TRY(unmount_below(root));
  TRY(detach_disk(names, disk));
  TRY(unmount(lower));
  rmdir(root.c_str());
  rmdir(lower.c_str());
  return {};
}

base::Status release_unused_images(const Names& names) {
  TRY_ASSIGN(Fd lock, lock_file(names.runtime + "/images.lock", 20'000));
  const std::string folder = names.mounts + "/images";
  // Idmapped clones are mounts of the same file system: an image is in use while its device appears below
  // lower/.
  TRY_ASSIGN(std::string mountinfo, read_file("/proc/self/mountinfo", 16 << 20));
  std::unique_ptr<DIR, int (*)(DIR*)> entries(opendir(folder.c_str()), closedir);
  while (entries) {
    const dirent* entry = readdir(entries.get());
    if (entry == nullptr) break;
    if (!base::ImageId::parse(entry->d_name)) continue;
    const std::string path = folder + "/" + entry->d_name;
    struct stat s{};
    if (stat(path.c_str(), &s) != 0) continue;
    const std::string device = fmt::format(" {}:{} ", major(s.st_dev), minor(s.st_dev));
    bool used = false;
    for (std::size_t at = mountinfo.find(device); at != std::string::npos && !used;
         at = mountinfo.find(device, at + 1)) {
      const std::string line = mountinfo.substr(at, mountinfo.find('\n', at) - at);
      used = line.find(names.mounts + "/lower/") != std::string::npos;
    }
    if (used) continue;
    TRY(unmount(path));
    rmdir(path.c_str());
  }
  return {};
}

}  // namespace stipend::host
